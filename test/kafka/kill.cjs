// Loaded into leat by NODE_OPTIONS=--require: kills it at one request to Kafka, as a power cut would.
//   KAFKA_KILL=KEY:WHEN:N   at the Nth request with that API key (22 InitProducerId, 24 AddPartitionsToTxn, 0 Produce, 25 AddOffsetsToTxn, 28 TxnOffsetCommit, 26 EndTxn, 1 Fetch):
//                           before it is sent, after it is, or at its answer
'use strict';
const { Socket } = require('node:net');
const { KAFKA_KILL } = process.env;
if (KAFKA_KILL !== undefined) {
  const [key, when, nth] = KAFKA_KILL.split(':'), { write } = Socket.prototype, die = () => process.kill(process.pid, 'SIGKILL');
  let left = Number(nth);
  Socket.prototype.write = function (bytes, ...rest) {
    const isIt = Buffer.isBuffer(bytes) && bytes.length > 12 && bytes.readInt32BE(0) === bytes.length - 4 && bytes.readInt16BE(4) === Number(key) && --left === 0;
    if (isIt && when === 'before') die();
    const written = write.call(this, bytes, ...rest);
    if (isIt && when === 'after') die();
    if (isIt && when === 'answer') this.prependOnceListener('data', die);
    return written;
  };
}
