// An ESME by npm's smpp: it binds as a transceiver, submits what it is told, and prints the answers as one JSON object a line.
//
//   node esme.js HOST PORT SYSTEM_ID PASSWORD
//
// Orders come on standard input, one JSON object a line:
//   {"id": N, "command": "submit_sm"|"data_sm", "source": NUMBER, "destination": NUMBER, "payload": HEX, "ports": [FROM, TO]}
// submits the payload in message_payload, in transaction mode. The end of standard input ends the ESME.
'use strict';
const readline = require('readline');
const smpp = require('smpp');

const print = o => process.stdout.write(JSON.stringify(o) + '\n');
const [host, port, system_id, password] = process.argv.slice(2);
const transaction = 2; // esm_class, SMPP 3.4 §5.2.12

const session = smpp.connect({ url: `smpp://${host}:${port}`, auto_enquire_link_period: 0 });
session.on('error', e => { print({ event: 'error', text: e.message }); process.exit(1); });
session.on('close', () => { print({ event: 'closed' }); process.exit(0); });
session.on('pdu', pdu => { if (!pdu.isResponse()) session.send(pdu.response()); });
session.on('connect', () => session.bind_transceiver({ system_id, password, interface_version: 0x34 }, bound => {
  print({ event: 'bound', status: bound.command_status });
  readline.createInterface({ input: process.stdin })
    .on('line', line => {
      const order = JSON.parse(line);
      session[order.command]({
        source_addr_ton: 1, source_addr_npi: 1, source_addr: order.source, dest_addr_ton: 1, dest_addr_npi: 1,
        destination_addr: order.destination, esm_class: transaction, data_coding: 4,
        source_port: order.ports[0], dest_port: order.ports[1], message_payload: { message: Buffer.from(order.payload, 'hex') },
      }, answer => print({
        event: 'answer', id: order.id, command: answer.command, status: answer.command_status, message_id: answer.message_id,
        reason: answer.delivery_failure_reason, network: answer.network_error_code && answer.network_error_code.toString('hex'),
        text: answer.additional_status_info_text,
      }));
    })
    .on('close', () => process.exit(0));
}));
