'use strict';

// What send does: when a datagram leaves, when the callback comes, what is copied, which socket it leaves from.
// Failures are in send_errors.js, what waits for 'listening' is in queue.js.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('send/callback-is-never-inside-send', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    const { port } = socket.address();
    let left = 3;
    function again() {
      let inside = true;
      socket.send('x', port, '127.0.0.1', (err, bytes) => {
        t.sent('x', err, bytes);
        t.log(`inside send: ${inside}`);
        if (--left > 0) again();
        else socket.close();
      });
      inside = false;
    }
    again();
  });
});

scenario('send/callback-is-never-inside-send-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(socket.address().port, '127.0.0.1', () => {
      let inside = true;
      socket.send('x', (err, bytes) => {
        t.sent('x', err, bytes);
        t.log(`inside send: ${inside}`);
        socket.close();
      });
      inside = false;
    });
  });
});

scenario('send/binds-first', (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(sender, 'sender', 'listening');
  t.on(receiver, 'receiver', 'message');
  sender.on('listening', () => {
    t.port(sender, 'sender');
    t.returns('address', () => sender.address());
  });
  receiver.bind(0, '127.0.0.1', () => {
    t.returns('send', () => sender.send('hello', receiver.address().port, '127.0.0.1'));
    t.throws('address after send', () => sender.address());
  });
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('send/implicit-bind-receives', (t) => {
  const server = dgram.createSocket('udp4');
  const client = dgram.createSocket('udp4');
  t.on(server, 'server', 'message');
  t.on(client, 'client', 'message');
  server.on('message', (msg, rinfo) => server.send('answer', rinfo.port, rinfo.address));
  server.bind(0, '127.0.0.1', () => {
    t.port(server, 'server');
    client.send('question', server.address().port, '127.0.0.1', () => t.port(client, 'client'));
  });
  client.on('message', () => {
    client.close();
    server.close();
  });
});

scenario('send/same-port-for-all', (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  let messages = 0;
  sender.on('listening', () => t.port(sender, 'sender'));
  receiver.bind(0, '127.0.0.1', () => {
    const { port } = receiver.address();
    sender.send('first', port, '127.0.0.1');
    sender.send('second', port, '127.0.0.1');
    sender.send('third', port, '127.0.0.1');
  });
  receiver.on('message', () => {
    if (++messages < 3) return;
    receiver.close();
    sender.close();
  });
});

scenario('send/keeps-the-order', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  let messages = 0;
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    for (let i = 0; i < 5; i++) {
      socket.send(`number ${i}`, socket.address().port, '127.0.0.1', (err, bytes) => t.sent(`number ${i}`, err, bytes));
    }
  });
  socket.on('message', () => {
    if (++messages === 5) socket.close();
  });
});

scenario('send/slow-name-is-overtaken', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === 'slow') setTimeout(callback, 50, null, '127.0.0.1', 4);
      else process.nextTick(callback, null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'message');
  let messages = 0;
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const { port } = socket.address();
    socket.send('by name', port, 'slow', (err, bytes) => t.sent('by name', err, bytes));
    socket.send('by address', port, '127.0.0.1', (err, bytes) => t.sent('by address', err, bytes));
  });
  socket.on('message', () => {
    if (++messages === 2) socket.close();
  });
});

scenario('send/to-a-name', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send('x', socket.address().port, 'localhost', (err, bytes) => t.sent('x', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send/to-a-short-address', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send('x', socket.address().port, '127.1', (err, bytes) => t.sent('x', err, bytes));
  });
  socket.on('message', (msg, rinfo) => {
    t.message('socket', msg, rinfo);
    socket.close();
  });
});

scenario('send/list-is-one-datagram', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const list = [Buffer.from('Some '), Buffer.alloc(0), Buffer.from('bytes')];
    socket.send(list, socket.address().port, '127.0.0.1', (err, bytes) => t.sent('list', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send/list-may-change', (t) => {
  // The list is copied, though not the bytes in it.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const list = [Buffer.from('first '), Buffer.from('second')];
    socket.send(list, socket.address().port, '127.0.0.1');
    list[0] = Buffer.from('changed ');
    list.push(Buffer.from(' and more'));
  });
  socket.on('message', () => socket.close());
});

scenario('send/bytes-are-read-later', { trap: 'the buffer belongs to the socket until the callback' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const buffer = Buffer.from('before');
    socket.send(buffer, socket.address().port, '127.0.0.1');
    buffer.write('after!');
  });
  socket.on('message', () => socket.close());
});

scenario('send/bytes-are-read-at-once-when-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(socket.address().port, '127.0.0.1', () => {
      const buffer = Buffer.from('before');
      socket.send(buffer);
      buffer.write('after!');
    });
  });
  socket.on('message', () => socket.close());
});

scenario('send/buffer-is-free-in-the-callback', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  let messages = 0;
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const { port } = socket.address();
    const buffer = Buffer.from('first');
    socket.send(buffer, port, '127.0.0.1', () => {
      buffer.write('again');
      socket.send(buffer, port, '127.0.0.1');
    });
  });
  socket.on('message', () => {
    if (++messages === 2) socket.close();
  });
});

scenario('send/largest', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send(Buffer.alloc(65507), socket.address().port, '127.0.0.1', (err, bytes) => t.sent('it', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send/many-buffers', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const list = Array(1000).fill(Buffer.from('x'));
    socket.send(list, socket.address().port, '127.0.0.1', (err, bytes) => t.sent('it', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send/udp6', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.on(socket, 'socket', 'message');
  let messages = 0;
  socket.bind(0, () => {
    t.port(socket, 'socket');
    const { port } = socket.address();
    socket.send('to ::1', port, '::1');
    socket.send('to the default', port);
    socket.send('to a mapped address', port, '::ffff:127.0.0.1');
  });
  socket.on('message', () => {
    if (++messages === 3) socket.close();
  });
});

scenario('send/to-any-address', (t) => {
  // Linux takes it for the host itself.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, () => {
    t.port(socket, 'socket');
    socket.send('x', socket.address().port, '0.0.0.0', (err, bytes) => t.sent('x', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send/without-callback', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message', 'error', 'close');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    t.returns('send', () => socket.send('x', socket.address().port, '127.0.0.1'));
  });
  socket.on('message', () => socket.close());
});
