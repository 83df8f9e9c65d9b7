// Digests for expressions, which may not import Node. Imported for its effect by whoever runs stages.
import { provide } from '../expr/functions/other.js';

const digest = (kind: string) => (text: string): string => process.getBuiltinModule('node:crypto').createHash(kind).update(text).digest('hex');
provide({ md5: digest('md5'), sha256: digest('sha256') });
