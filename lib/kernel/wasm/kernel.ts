// The module's exports. (AssemblyScript.)
export { fresh, init, makeTables, run, tableBytes, want } from './scan';
export { forget, intern, makeTable, moreIds, moreMemory, rehash } from './keys';
