import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The repository's src folder. */
export const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** A source file, its name from `src` on. */
export interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** The TypeScript files of a folder of src, parsed. */
export function sourceFiles(folder = '.'): SourceFile[] {
  const names = readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.generated.ts'))
    .sort()
    .map((file) => parsed(join(folder, file), readFileSync(join(SRC, folder, file), 'utf8')));
}

/** For tests of these checks: a file that is not there. */
export function parsed(name: string, text: string): SourceFile {
  return { name, text, tree: ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true) };
}

export function linesOf({ text }: SourceFile): number {
  return text.trimEnd().split('\n').length;
}

/** Functions of more than `most` lines, by name: from the first line of a declaration to its last, comments before it not counted. */
export function longFunctions({ name, tree }: SourceFile, most: number): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const lines = lineOf(tree, node.getEnd()) - lineOf(tree, node.getStart(tree)) + 1;
      if (lines > most) found.push(`${name} ${nameOf(node, tree)}: ${lines} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function lineOf(tree: ts.SourceFile, at: number): number {
  return tree.getLineAndCharacterOfPosition(at).line;
}

function nameOf(node: ts.SignatureDeclaration, tree: ts.SourceFile): string {
  if (node.name !== undefined) return node.name.getText(tree);
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name.getText(tree) : '(unnamed)';
}

/** Methods by which a collection changes. */
const CHANGES =
  /^(set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|set(Big)?(Ui|I)nt\d+|setFloat\d+)$/;

/**
 * What a module keeps and changes while it runs, by name: `let` and `var`; constants that are written to, or changed by a
 * method; and those made of objects, which whatever they are handed to may change, unless `tables` names them.
 */
export function moduleState({ name, tree }: SourceFile, tables: readonly string[] = []): string[] {
  const found: string[] = [];
  const constants = new Map<string, ts.VariableDeclaration>();
  for (const statement of tree.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const declared of statement.declarationList.declarations) {
      const own = namesOf(declared.name);
      if ((statement.declarationList.flags & ts.NodeFlags.Const) === 0)
        found.push(...own.map((of) => `${name} let ${of}`));
      else for (const of of own) constants.set(of, declared);
    }
  }
  const written = writtenIn(tree);
  for (const [of, { initializer }] of constants) {
    if (written.has(of)) found.push(`${name} ${of} is written to`);
    else if (initializer !== undefined && makesCollection(initializer) && !tables.includes(of)) {
      found.push(`${name} ${of} is made of objects`);
    }
  }
  return found;
}

function namesOf(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesOf(element.name) : []));
}

/** The identifier that an expression reaches into: `a` of `a`, `a.b[c]`. */
function rootOf(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isNonNullExpression(node)) {
    return rootOf(node.expression);
  }
  return undefined;
}

/** Names of the module that are assigned to, or into, or changed by a method. */
function writtenIn(tree: ts.SourceFile): Set<string> {
  const written = new Set<string>();
  const visit = (node: ts.Node, hidden: ReadonlySet<string>) => {
    const note = (target: ts.Expression) => {
      const root = rootOf(target);
      if (root !== undefined && !hidden.has(root)) written.add(root);
    };
    if (ts.isBinaryExpression(node)) {
      const { kind } = node.operatorToken;
      if (kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment) note(node.left);
    } else if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
      const { operator } = node;
      if (operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken) note(node.operand);
    } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      if (CHANGES.test(node.expression.name.text)) note(node.expression.expression);
    }
    const own = node === tree ? [] : declaredIn(node);
    const within = own.length === 0 ? hidden : new Set([...hidden, ...own]);
    ts.forEachChild(node, (child) => visit(child, within));
  };
  visit(tree, new Set());
  return written;
}

/** Names that a function, a block or a loop declares for what is in it, which hide the module's. */
function declaredIn(node: ts.Node): string[] {
  const declarations: (ts.VariableDeclaration | ts.ParameterDeclaration)[] = [];
  if (ts.isFunctionLike(node)) declarations.push(...node.parameters);
  if (ts.isBlock(node) || ts.isCaseOrDefaultClause(node)) {
    for (const statement of node.statements) {
      if (ts.isVariableStatement(statement)) declarations.push(...statement.declarationList.declarations);
    }
  }
  if (ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isForInStatement(node)) {
    const { initializer } = node;
    if (initializer !== undefined && ts.isVariableDeclarationList(initializer)) {
      declarations.push(...initializer.declarations);
    }
  }
  return declarations.flatMap(({ name }) => namesOf(name));
}

/** Whether an initializer makes, outside of any function of its own, an object of a class or an array, or has a function make it. */
function makesCollection(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isNewExpression(node)) return true;
  if (ts.isCallExpression(node)) {
    const callee = node.expression.getText();
    if (!/^(Math|Number|String)\.\w+$/.test(callee)) return true;
  }
  return ts.forEachChild(node, makesCollection) ?? false;
}

/** What a file imports of src, types included: names of files. */
export function importsOf({ name, tree }: SourceFile): string[] {
  const found: string[] = [];
  for (const statement of tree.statements) {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
    const { moduleSpecifier } = statement;
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) continue;
    if (!moduleSpecifier.text.startsWith('.')) continue;
    const target = join(dirname(name), moduleSpecifier.text).replace(/\.js$/, '.ts');
    found.push(relative('.', target));
  }
  return found;
}

/** Import cycles, one for each group of files that reach one another. */
export function importCycles(files: readonly SourceFile[]): string[][] {
  const imports = new Map(files.map((file) => [file.name, importsOf(file)]));
  // Tarjan's strongly connected components.
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (name: string) => {
    index.set(name, index.size);
    low.set(name, index.get(name) as number);
    stack.push(name);
    for (const next of imports.get(name) ?? []) {
      if (!imports.has(next)) continue;
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(name, Math.min(low.get(name) as number, low.get(next) as number));
    }
    if (low.get(name) !== index.get(name)) return;
    const group = stack.splice(stack.indexOf(name));
    if (group.length > 1 || imports.get(name)?.includes(name)) cycles.push(group.sort());
  };
  for (const { name } of files) if (!index.has(name)) visit(name);
  return cycles;
}

/**
 * Powers that need not be the same on every Node: `**` and Math.pow differ from 22 to 24 unless they are whole powers of two,
 * which all work out exactly.
 */
export function unsurePowers({ name, tree }: SourceFile): string[] {
  const found: string[] = [];
  const isSure = (base: ts.Expression) => ts.isNumericLiteral(base) && base.text === '2';
  const report = (node: ts.Node) =>
    found.push(`${name}:${lineOf(tree, node.getStart(tree)) + 1} ${node.getText(tree)}`);
  const visit = (node: ts.Node) => {
    if (ts.isBinaryExpression(node)) {
      const { kind } = node.operatorToken;
      const isAssigned = kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken;
      if (isAssigned || (kind === ts.SyntaxKind.AsteriskAsteriskToken && !isSure(node.left))) report(node);
      else if (kind === ts.SyntaxKind.AsteriskAsteriskToken && /[./]/.test(node.right.getText(tree))) report(node);
    } else if (ts.isPropertyAccessExpression(node) && node.getText(tree) === 'Math.pow') report(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}
