// The package has no types of its own.
declare module 'split2' {
  /** A stream of lines, without their LF. */
  export default function split2(): import('node:stream').Transform;
}
