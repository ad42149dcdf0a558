// Small changes of a program, each of which its tests should find: comparisons, logic, arithmetic, constants, conditions,
// statements left out.
import ts from 'typescript';

/**
 * @typedef {object} Mutant
 * @property {number} from    where in the text the expression or statement begins that is changed
 * @property {number} to      and ends
 * @property {string} text    what stands there instead
 * @property {number} line    of the change, from 1
 * @property {string} what    the change in words: `a < b → <=`
 * @property {boolean} isStatement
 */

const { SyntaxKind } = ts;

/** What an operator is changed to. */
const OPERATORS = new Map([
  [SyntaxKind.LessThanToken, ['<=', '>=']],
  [SyntaxKind.LessThanEqualsToken, ['<', '>']],
  [SyntaxKind.GreaterThanToken, ['>=', '<=']],
  [SyntaxKind.GreaterThanEqualsToken, ['>', '<']],
  [SyntaxKind.EqualsEqualsEqualsToken, ['!==']],
  [SyntaxKind.ExclamationEqualsEqualsToken, ['===']],
  [SyntaxKind.AmpersandAmpersandToken, ['||']],
  [SyntaxKind.BarBarToken, ['&&']],
  [SyntaxKind.PlusToken, ['-']],
  [SyntaxKind.MinusToken, ['+']],
  [SyntaxKind.AsteriskToken, ['/']],
  [SyntaxKind.SlashToken, ['*']],
  [SyntaxKind.PercentToken, ['*']],
  [SyntaxKind.PlusEqualsToken, ['-=']],
  [SyntaxKind.MinusEqualsToken, ['+=']],
]);

/**
 * All changes of a program, in the order of its text. Left alone are types, imports, texts, errors (their words), and tables
 * of names that are all `true`.
 * @param {string} text
 * @returns {Mutant[]}
 */
export function mutantsOf(text) {
  const tree = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
  /** @type {Mutant[]} */
  const found = [];
  const add = (node, changed, at = node, what = `${short(node.getText(tree))} → ${short(changed)}`) => {
    const [from, to] = [node.getStart(tree), node.getEnd()];
    const line = tree.getLineAndCharacterOfPosition(at.getStart(tree)).line + 1;
    const isStatement = ts.isExpressionStatement(node);
    found.push({ from, to, text: changed, line, what, isStatement });
  };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || isError(node)) return;
    if (ts.isBinaryExpression(node)) ofOperator(node, tree, add);
    else if (ts.isNumericLiteral(node)) ofNumber(node, add);
    else if (ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
      add(node, `(${node.operand.getText(tree)})`);
    } else if (isFlag(node)) add(node, node.kind === SyntaxKind.TrueKeyword ? 'false' : 'true');
    else if (ts.isExpressionStatement(node) && !isSuperCall(node.expression)) add(node, ';');
    if (ts.isIfStatement(node)) ofCondition(node.expression, add);
    else if (ts.isConditionalExpression(node)) ofCondition(node.condition, add);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/**
 * A program that holds all of some changes at once: `chosen(i)`, a function of that name, says whether change `i` is to be
 * in force. Lines stay where they are.
 * @param {string} text
 * @param {readonly (Mutant & { readonly id: number })[]} mutants
 * @param {string} chosen
 */
export function withMutants(text, mutants, chosen) {
  const places = [...groupBy(mutants, ({ from, to }) => `${from} ${to}`).values()];
  // What encloses others comes before them.
  places.sort(([a], [b]) => a.from - b.from || b.to - a.to);
  let next = 0;
  const partOf = (from, to) => {
    let out = '';
    let at = from;
    while (next < places.length && places[next][0].from < to) {
      const place = places[next++];
      const [{ from: begin, to: end, isStatement }] = place;
      out += text.slice(at, begin);
      const inner = partOf(begin, end);
      if (isStatement) out += `if (${place.map(({ id }) => `${chosen}(${id})`).join(' || ')}) {} else ${inner}`;
      else out += `(${place.map((m) => `${chosen}(${m.id}) ? ${flat(m.text)} : `).join('')}(${inner}))`;
      at = end;
    }
    return out + text.slice(at, to);
  };
  return partOf(0, text.length);
}

export function groupBy(values, keyOf) {
  const groups = new Map();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

function ofOperator(node, tree, add) {
  if (isText(node.left) || isText(node.right)) return;
  const { left, right, operatorToken } = node;
  const operator = operatorToken.getText(tree);
  const text = node.getText(tree);
  const at = operatorToken.getStart(tree) - node.getStart(tree);
  for (const changed of OPERATORS.get(operatorToken.kind) ?? []) {
    const words = `${short(left.getText(tree))} ${operator} ${short(right.getText(tree))} → ${changed}`;
    add(node, text.slice(0, at) + changed + text.slice(at + operator.length), operatorToken, words);
  }
}

/** A condition that always holds, and one that never does. */
function ofCondition(condition, add) {
  for (const always of ['true', 'false']) add(condition, always);
}

/** A number, but where it is the name of a field. */
function ofNumber(node, add) {
  if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return;
  const { text } = node;
  const raw = node.getText();
  if (/[.eE]/.test(raw) && !raw.startsWith('0x')) add(node, `(${raw} * 1.5 + 0.1)`);
  else add(node, text === '0' ? '1' : text === '1' ? '2' : `(${raw} + 1)`);
}

/** What throws, and what makes an error: their words are not the program's work. */
function isError(node) {
  if (ts.isThrowStatement(node)) return true;
  return ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text.endsWith('Error');
}

/** Of a table such as `{ from: true, to: true }`, which lists names, a flag says nothing. */
function isFlag(node) {
  if (node.kind !== SyntaxKind.TrueKeyword && node.kind !== SyntaxKind.FalseKeyword) return false;
  return !ts.isPropertyAssignment(node.parent) && !ts.isLiteralTypeNode(node.parent);
}

function isSuperCall(node) {
  return ts.isCallExpression(node) && node.expression.kind === SyntaxKind.SuperKeyword;
}

function isText(node) {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

function short(text) {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 48 ? `${line.slice(0, 45)}…` : line;
}

/** A change on one line, without what a line break would end: comments. */
function flat(text) {
  return text.includes('\n') ? text.replace(/^\s*\/\/.*$/gm, '').replace(/\s*\n\s*/g, ' ') : text;
}
