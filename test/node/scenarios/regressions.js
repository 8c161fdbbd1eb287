'use strict';

// What other implementations of dgram got wrong. A bind that must throw and not emit, an implicit bind that must
// happen, an address that must not be kept, a numeric zone that is a name: those are in states.js, send.js,
// options.js and multicast.js.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('regressions/second-bind-throws', (t) => {
  // It must not be an 'error' event.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.bind(0, '127.0.0.1');
  t.throws('at once', () => socket.bind(0, '127.0.0.1'));
  socket.on('listening', () => {
    t.throws('when bound', () => socket.bind(0, '127.0.0.1'));
    setImmediate(() => socket.close());
  });
});

scenario('regressions/send-binds', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('regressions/address-after-connect', (t) => {
  // Not what it was before.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, () => {
    t.port(socket, 'socket');
    t.returns('before', () => socket.address());
    socket.connect(9, '127.0.0.1', () => {
      t.returns('after', () => socket.address());
      socket.disconnect();
      t.returns('after disconnect', () => socket.address());
      socket.close();
    });
  });
});

scenario('regressions/icmp-error-does-not-close', { namespace: true }, (t) => {
  // Nor does it stop the socket from receiving.
  const server = dgram.createSocket('udp4');
  const client = dgram.createSocket('udp4');
  t.on(server, 'server', 'message', 'error', 'close');
  server.bind(12345, '127.0.0.1', () => {
    server.send('to nobody', 9, '127.0.0.1', (err, bytes) => {
      t.sent('to nobody', err, bytes);
      server.send('to nobody', 9, '127.0.0.1', (err, bytes) => {
        t.sent('again', err, bytes);
        client.bind(23456, '127.0.0.1', () => client.send('to the server', 12345, '127.0.0.1'));
      });
    });
  });
  server.on('message', () => {
    client.close();
    server.close();
  });
});

scenario('regressions/icmp-error-of-an-adopted-descriptor', { descriptor: 'udp4' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error', 'close');
  socket.bind({ fd: 3 });
  socket.send('x', 9, '127.0.0.1', (err, bytes) => {
    t.sent('x', err, bytes);
    socket.send('y', 9, '127.0.0.1', (err, bytes) => {
      t.sent('y', err, bytes);
      t.settle(() => socket.close());
    });
  });
});

scenario('regressions/icmp-error-is-not-for-another-peer', { namespace: true }, (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  receiver.bind(12345, '127.0.0.1', () => {
    sender.bind(23456, '127.0.0.1', () => {
      sender.send('to nobody', 9, '127.0.0.1', (err, bytes) => {
        t.sent('to nobody', err, bytes);
        sender.send('to somebody', 12345, '127.0.0.1', (err, bytes) => t.sent('to somebody', err, bytes));
      });
    });
  });
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});

scenario('regressions/bytes-of-a-success', (t) => {
  // Never 0 bytes for a datagram that has some.
  const socket = dgram.createSocket('udp4');
  let left = 200;
  let whole = 0;
  socket.bind(0, '127.0.0.1', () => {
    for (let i = 0; i < 200; i++) {
      socket.send(Buffer.alloc(1000), socket.address().port, '127.0.0.1', (err, bytes) => {
        if (err === null && bytes === 1000) whole++;
        if (--left > 0) return;
        t.log(`${whole} of 200 were whole`);
        socket.close();
      });
    }
  });
});

scenario('regressions/zone-is-kept', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  t.on(socket, 'socket', 'message');
  socket.bind(12345, '::', () => {
    t.returns('connect', () => socket.connect(12345, 'fe80::ff:fe00:2%eth1', () => {
      t.returns('remoteAddress', () => socket.remoteAddress());
      t.returns('address', () => socket.address());
      socket.send('to itself');
    }));
  });
  socket.on('message', () => socket.close());
});

scenario('regressions/message-listener-of-createSocket-and-close', (t) => {
  // Closing in it is no error, and the process ends.
  const socket = dgram.createSocket('udp4', () => {
    t.log('message');
    socket.close();
  });
  t.on(socket, 'socket', 'error', 'close');
  socket.bind(0, '127.0.0.1', () => {
    socket.send('1', socket.address().port, '127.0.0.1');
    socket.send('2', socket.address().port, '127.0.0.1');
  });
});
