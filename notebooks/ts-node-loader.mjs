// ts-node's ESM hooks, with its type errors turned into plain errors: an error object of its own
// class loses its text on the way from Node's loader thread.
import * as tsNode from 'ts-node/esm';

export const resolve = tsNode.resolve;

export async function load(url, context, nextLoad) {
  try {
    return await tsNode.load(url, context, nextLoad);
  } catch (error) {
    if (!error?.diagnosticText) throw error;
    const plain = new Error(`type errors in ${url}\n${error.diagnosticText}`);
    plain.stack = plain.message;
    throw plain;
  }
}
