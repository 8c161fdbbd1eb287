'use strict';

// The 'message' event: what it carries, who hears it, and what runs between one datagram and the next.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('message/arguments', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send('hello', socket.address().port, '127.0.0.1');
  });
  socket.on('message', function (msg, rinfo) {
    t.message('socket', msg, rinfo);
    t.log(`${Object.keys(rinfo)}, a buffer: ${Buffer.isBuffer(msg)}, this is the socket: ${this === socket}`);
    socket.close();
  });
});

scenario('message/empty', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send('', socket.address().port, '127.0.0.1');
  });
  socket.on('message', (msg) => {
    t.log(`length ${msg.length}`);
    socket.close();
  });
});

scenario('message/may-be-kept', (t) => {
  const socket = dgram.createSocket('udp4');
  const kept = [];
  socket.bind(0, '127.0.0.1', () => {
    for (const text of ['first', 'second', 'third']) socket.send(text, socket.address().port, '127.0.0.1');
  });
  socket.on('message', (msg) => {
    kept.push(msg);
    if (kept.length < 3) return;
    t.log(kept.map(String).join(' '));
    socket.close();
  });
});

scenario('message/largest-is-whole', (t) => {
  const socket = dgram.createSocket('udp4');
  const sent = Buffer.alloc(65507, 'dgram');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send(sent, socket.address().port, '127.0.0.1');
  });
  socket.on('message', (msg, rinfo) => {
    t.message('socket', msg, rinfo);
    t.log(`as it was sent: ${msg.equals(sent)}`);
    socket.close();
  });
});

scenario('message/every-byte', (t) => {
  const socket = dgram.createSocket('udp4');
  const sent = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  socket.bind(0, '127.0.0.1', () => socket.send(sent, socket.address().port, '127.0.0.1'));
  socket.on('message', (msg) => {
    t.log(`as it was sent: ${msg.equals(sent)}`);
    socket.close();
  });
});

scenario('message/nobody-listens', (t) => {
  // Then it is read, and lost.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const { port } = socket.address();
    socket.send('lost', port, '127.0.0.1', (err, bytes) => {
      t.sent('lost', err, bytes);
      t.settle(() => {
        t.on(socket, 'socket', 'message');
        socket.on('message', () => socket.close());
        socket.send('heard', port, '127.0.0.1', (err, bytes) => t.sent('heard', err, bytes));
      });
    });
  });
});

scenario('message/all-listeners-hear-it', (t) => {
  const socket = dgram.createSocket('udp4');
  let first;
  socket.on('message', (msg) => {
    t.log(`first ${msg}`);
    first = msg;
  });
  socket.on('message', (msg) => {
    t.log(`second ${msg}, the same buffer: ${msg === first}`);
    socket.close();
  });
  socket.bind(0, '127.0.0.1', () => socket.send('x', socket.address().port, '127.0.0.1'));
});

scenario('message/ticks-between-datagrams', (t) => {
  // Both datagrams wait in the kernel already.
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  let messages = 0;
  receiver.on('message', () => {
    t.tick('of the message');
    t.microtask('of the message');
    if (++messages === 2) receiver.close();
  });
  receiver.bind(0, '127.0.0.1', () => {
    sender.connect(receiver.address().port, '127.0.0.1', () => {
      t.port(sender, 'sender');
      sender.send('1');
      t.readable(receiver);
      sender.send('2');
      t.readable(receiver, 2);
      sender.close();
    });
  });
});

scenario('message/immediates-between-batches', (t) => {
  // A socket that always has datagrams lets others run from time to time: 40 wait, and an immediate comes between them.
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  let messages = 0;
  receiver.on('message', () => {
    if (++messages === 1) setImmediate(() => t.log(`immediate after ${messages} messages`));
    if (messages < 40) return;
    t.log('40 messages');
    receiver.close();
  });
  receiver.bind(0, '127.0.0.1', () => {
    sender.connect(receiver.address().port, '127.0.0.1', () => {
      sender.send('x');
      t.readable(receiver);
      for (let i = 1; i < 40; i++) sender.send('x');
      t.readable(receiver, 40);
      sender.close();
    });
  });
});

scenario('message/answer-inside-it', (t) => {
  const a = dgram.createSocket('udp4');
  const b = dgram.createSocket('udp4');
  t.on(a, 'a', 'message');
  t.on(b, 'b', 'message');
  b.on('message', (msg, rinfo) => b.send(Number(msg) + 1 + '', rinfo.port, rinfo.address));
  a.on('message', (msg, rinfo) => {
    if (Number(msg) < 5) return a.send(Number(msg) + 1 + '', rinfo.port, rinfo.address);
    a.close();
    b.close();
  });
  a.bind(0, '127.0.0.1', () => {
    b.bind(0, '127.0.0.1', () => {
      t.port(a, 'a');
      t.port(b, 'b');
      a.send('0', b.address().port, '127.0.0.1');
    });
  });
});

scenario('message/ipv4-at-udp6', { namespace: true }, (t) => {
  const six = dgram.createSocket('udp6');
  const four = dgram.createSocket('udp4');
  t.on(six, 'six', 'message');
  t.on(four, 'four', 'message');
  six.bind(12345, '::', () => {
    four.bind(23456, '127.0.0.1', () => four.send('question', 12345, '127.0.0.1'));
  });
  six.on('message', (msg, rinfo) => six.send('answer', rinfo.port, rinfo.address));
  four.on('message', () => {
    six.close();
    four.close();
  });
});

scenario('message/ipv6', { namespace: true }, (t) => {
  const a = dgram.createSocket('udp6');
  const b = dgram.createSocket('udp6');
  t.on(a, 'a', 'message');
  t.on(b, 'b', 'message');
  a.bind(12345, 'fd00::1', () => {
    b.bind(23456, '::1', () => b.send('question', 12345, 'fd00::1'));
  });
  a.on('message', (msg, rinfo) => a.send('answer', rinfo.port, rinfo.address));
  b.on('message', () => {
    a.close();
    b.close();
  });
});

scenario('message/link-local', { namespace: true }, (t) => {
  // The address of the sender has the name of the interface, and can be answered as it is.
  const a = dgram.createSocket('udp6');
  const b = dgram.createSocket('udp6');
  t.on(a, 'a', 'message');
  t.on(b, 'b', 'message');
  a.bind(12345, 'fe80::ff:fe00:1%eth0', () => {
    b.bind(23456, 'fe80::ff:fe00:1%eth0', () => b.send('question', 12345, 'fe80::ff:fe00:1%eth0'));
  });
  a.on('message', (msg, rinfo) => a.send('answer', rinfo.port, rinfo.address));
  b.on('message', () => {
    a.close();
    b.close();
  });
});
