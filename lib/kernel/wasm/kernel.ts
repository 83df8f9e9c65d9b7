// The module's exports. (AssemblyScript.)
export { fresh, init, makeTables, run, tableBytes, want } from './scan';
