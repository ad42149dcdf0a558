// Small changes of a program, each of which its tests should find: comparisons, logic, arithmetic, constants, conditions,
// statements left out.
import ts from 'typescript';

/**
 * @typedef {object} Mutant
 * @property {number} from  where in the text the change begins
 * @property {number} to    and ends
 * @property {string} text  what stands there instead
 * @property {number} line  of the change, from 1
 * @property {string} what  the change in words: `a < b` → `a <= b`
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
 * All changes of a program, in the order of its text. Left alone are types, imports, texts, what throws (the words of an
 * error), and tables of names that are all `true`.
 * @param {string} text
 * @returns {Mutant[]}
 */
export function mutantsOf(text) {
  const tree = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
  /** @type {Mutant[]} */
  const found = [];
  const add = (node, changed, start = node.getStart(tree), end = node.getEnd()) => {
    const line = tree.getLineAndCharacterOfPosition(start).line + 1;
    const before = text.slice(start, end);
    found.push({ from: start, to: end, text: changed, line, what: `${short(before)} → ${short(changed)}` });
  };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isThrowStatement(node)) return;
    if (ts.isBinaryExpression(node)) ofOperator(node, text, tree, found);
    else if (ts.isIfStatement(node)) ofCondition(node.expression, add);
    else if (ts.isConditionalExpression(node)) ofCondition(node.condition, add);
    else if (ts.isNumericLiteral(node)) add(node, changedNumber(node.text));
    else if (ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
      add(node, `(${node.operand.getText(tree)})`);
    } else if (isFlag(node)) add(node, node.kind === SyntaxKind.TrueKeyword ? 'false' : 'true');
    else if (ts.isExpressionStatement(node) && !isSuperCall(node.expression)) add(node, ';');
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function ofOperator(node, text, tree, found) {
  if (isText(node.left) || isText(node.right)) return;
  const { operatorToken } = node;
  const start = operatorToken.getStart(tree);
  for (const changed of OPERATORS.get(operatorToken.kind) ?? []) {
    const [left, right] = [node.left.getText(tree), node.right.getText(tree)];
    found.push({
      from: start,
      to: operatorToken.getEnd(),
      text: changed,
      line: tree.getLineAndCharacterOfPosition(start).line + 1,
      what: `${short(left)} ${text.slice(start, operatorToken.getEnd())} ${short(right)} → ${changed}`,
    });
  }
}

/** A condition that always holds, and one that never does. */
function ofCondition(condition, add) {
  for (const always of ['true', 'false']) add(condition, always);
}

function changedNumber(text) {
  if (/[.eE]/.test(text) && !text.startsWith('0x')) return `(${text} * 1.5 + 0.1)`;
  return text === '0' ? '1' : text === '1' ? '2' : `(${text} + 1)`;
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
  const flat = text.replace(/\s+/g, ' ');
  return flat.length > 48 ? `${flat.slice(0, 45)}…` : flat;
}
