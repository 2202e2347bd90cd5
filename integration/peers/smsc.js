// An SMSC by npm's smpp on 127.0.0.1: it accepts any bind, prints what it gets as one JSON object a line, and answers as it
// is told.
//
//   node smsc.js PORT
//
// Orders come on standard input, one JSON object a line:
//   {"always": ANSWER}                 from now on
//   {"next": [ANSWER…]}                first for the next submissions, one each
//   {"to": NUMBER, "always": ANSWER}   the same for one destination; it goes before the two above
//   {"to": NUMBER, "next": [ANSWER…]}
//   {"drop": true}                     closes all connections without unbind
// ANSWER is {"status": N, "delay": MILLISECONDS, "silent": BOOL, "twice": BOOL, "cut": BOOL, "reason": N, "network": HEX}: twice
// answers twice; cut closes the connection instead; reason and network are the parameters delivery_failure_reason and
// network_error_code. The end of standard input ends the SMSC.
'use strict';
const readline = require('readline');
const smpp = require('smpp');

const print = o => process.stdout.write(JSON.stringify(o) + '\n');
const hex = b => (b ? (Buffer.isBuffer(b) ? b : Buffer.from(b, 'latin1')).toString('hex') : '');

let always = { status: 0, delay: 0, silent: false };
let next = [];
const destinations = new Map(); // number → {always, next}
const open = new Map(); // number → submissions without an answer
let messages = 0;
const sessions = new Set();

const answerTo = number => {
  const d = destinations.get(number);
  return (d && (d.next.shift() || d.always)) || next.shift() || always;
};

// response returns what goes onto the wire. The library writes no body after an error status, so that parameters are written by it
// behind status 0 and the status is put in afterwards.
const response = (pdu, answer) => {
  const fields = {};
  if (!answer.status) fields.message_id = 'm' + ++messages;
  if (answer.reason !== undefined) fields.delivery_failure_reason = answer.reason;
  if (answer.network) fields.network_error_code = Buffer.from(answer.network, 'hex');
  if (answer.status && !Object.keys(fields).length) fields.command_status = answer.status;
  const octets = pdu.response(fields).toBuffer();
  octets.writeUInt32BE(answer.status || 0, 8);
  return octets;
};

const server = smpp.createServer(session => {
  sessions.add(session);
  const mine = []; // numbers of what this connection has open
  const close = number => {
    mine.splice(mine.indexOf(number), 1);
    open.set(number, open.get(number) - 1);
  };
  session.on('close', () => {
    for (const number of mine.slice()) close(number);
    sessions.delete(session);
    print({ event: 'closed' });
  });
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
    const number = pdu.destination_addr;
    const answer = answerTo(number);
    const beside = open.get(number) || 0;
    print({
      event: 'submit', command: pdu.command, sequence: pdu.sequence_number, esm_class: pdu.esm_class, data_coding: pdu.data_coding,
      source: pdu.source_addr, destination: number, more: pdu.more_messages_to_send, port: pdu.dest_port,
      udh: (m.udh || []).map(hex).join(''), text: hex(m.message), status: answer.status || 0,
      beside, lost: !!(answer.silent || answer.cut),
    });
    open.set(number, beside + 1);
    mine.push(number);
    if (answer.cut) {
      session.destroy();
      return;
    }
    if (answer.silent) return;
    setTimeout(() => {
      if (!sessions.has(session)) return;
      close(number);
      const r = response(pdu, answer);
      session.socket.write(answer.twice ? Buffer.concat([r, r]) : r);
      print({ event: 'answered', sequence: pdu.sequence_number });
    }, answer.delay || 0);
  });
});
server.listen(+process.argv[2], '127.0.0.1', () => print({ event: 'listening' }));

readline.createInterface({ input: process.stdin })
  .on('line', line => {
    const order = JSON.parse(line);
    if (order.to) {
      const d = destinations.get(order.to) || { next: [] };
      if (order.always) d.always = order.always;
      if (order.next) d.next = d.next.concat(order.next);
      destinations.set(order.to, d);
    } else {
      if (order.always) always = order.always;
      if (order.next) next = next.concat(order.next);
    }
    if (order.drop) for (const s of sessions) s.destroy();
    print({ event: 'ordered' });
  })
  .on('close', () => process.exit(0));
