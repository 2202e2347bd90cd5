// An SMSC by npm's smpp on 127.0.0.1: it accepts any bind, prints what it gets as one JSON object a line, and answers as it
// is told.
//
//   node smsc.js PORT
//
// Orders come on standard input, one JSON object a line:
//   {"always": ANSWER}    from now on
//   {"next": [ANSWER…]}   first for the next submissions, one each
//   {"drop": true}        closes all connections without unbind
// ANSWER is {"status": N, "delay": MILLISECONDS, "silent": BOOL}. The end of standard input ends the SMSC.
'use strict';
const readline = require('readline');
const smpp = require('smpp');

const print = o => process.stdout.write(JSON.stringify(o) + '\n');
const hex = b => (b ? (Buffer.isBuffer(b) ? b : Buffer.from(b, 'latin1')).toString('hex') : '');

let always = { status: 0, delay: 0, silent: false };
let next = [];
let messages = 0;
const sessions = new Set();

const server = smpp.createServer(session => {
  sessions.add(session);
  session.on('close', () => { sessions.delete(session); print({ event: 'closed' }); });
  session.on('error', e => print({ event: 'error', text: e.message }));
  session.on('pdu', pdu => {
    if (pdu.isResponse()) return;
    if (pdu.command !== 'submit_sm' && pdu.command !== 'data_sm') {
      print({ event: 'pdu', command: pdu.command, sequence: pdu.sequence_number, system_id: pdu.system_id });
      session.send(/^bind/.test(pdu.command) ? pdu.response({ system_id: 'npm-smpp' }) : pdu.response());
      if (pdu.command === 'unbind') session.close();
      return;
    }
    const m = pdu.message_payload || pdu.short_message || {};
    const answer = next.shift() || always;
    print({
      event: 'submit', command: pdu.command, sequence: pdu.sequence_number, esm_class: pdu.esm_class, data_coding: pdu.data_coding,
      source: pdu.source_addr, destination: pdu.destination_addr, more: pdu.more_messages_to_send,
      udh: (m.udh || []).map(hex).join(''), text: hex(m.message), status: answer.status || 0,
    });
    if (answer.silent) return;
    const respond = () => session.send(answer.status ? pdu.response({ command_status: answer.status }) : pdu.response({ message_id: 'm' + ++messages }));
    setTimeout(respond, answer.delay || 0);
  });
});
server.listen(+process.argv[2], '127.0.0.1', () => print({ event: 'listening' }));

readline.createInterface({ input: process.stdin })
  .on('line', line => {
    const order = JSON.parse(line);
    if (order.always) always = order.always;
    if (order.next) next = next.concat(order.next);
    if (order.drop) for (const s of sessions) s.destroy();
    print({ event: 'ordered' });
  })
  .on('close', () => process.exit(0));
