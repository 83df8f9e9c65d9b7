// The module's exports. (AssemblyScript.)
export { init } from './constants';
export { fresh, makeTables, run, tableBytes, want } from './scan';
export { forget, intern, makeTable, moreIds, moreMemory, rehash } from './keys';
export { splice } from './splice';
export { makeShapes, shapeBytes } from './shapes';
