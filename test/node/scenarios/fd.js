'use strict';

// bind({ fd }): adopting a descriptor that is there already. Descriptor 3 is a UDP socket that the runner has bound to
// 127.0.0.1 and does not use itself.

const dgram = require('node:dgram');
const fs = require('node:fs');
const net = require('node:net');
const { scenario } = require('../trace');

scenario('fd/listening-inside-bind', { descriptor: 'udp4' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'close');
  t.tick('before');
  t.returns('bind', () => socket.bind({ fd: 3 }));
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  socket.close();
});

scenario('fd/callback-inside-bind', { descriptor: 'udp4' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind({ fd: 3 }, () => {
    t.log('callback');
    socket.close();
  });
  t.log('bind has returned');
});

scenario('fd/port-and-address-are-ignored', { descriptor: 'udp4' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind({ fd: 3, port: 1, address: '192.0.2.1' });
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  socket.close();
});

scenario('fd/sends-and-receives', { descriptor: 'udp4' }, (t) => {
  const adopted = dgram.createSocket('udp4');
  const other = dgram.createSocket('udp4');
  t.on(adopted, 'adopted', 'message');
  t.on(other, 'other', 'message');
  adopted.bind({ fd: 3 });
  t.port(adopted, 'adopted');
  other.bind(0, '127.0.0.1', () => {
    t.port(other, 'other');
    other.send('question', adopted.address().port, '127.0.0.1');
  });
  adopted.on('message', (msg, rinfo) => adopted.send('answer', rinfo.port, rinfo.address));
  other.on('message', () => {
    adopted.close();
    other.close();
  });
});

scenario('fd/already-connected', {
  descriptor: 'udp4-connected',
  trap: 'the socket does not know of its peer',
}, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind({ fd: 3 });
  t.port(socket, 'socket');
  t.throws('remoteAddress', () => socket.remoteAddress());
  t.throws('send to nobody', () => socket.send('x'));
  socket.send('x', socket.address().port, '127.0.0.1', (err, bytes) => {
    t.sent('with destination', err, bytes);
    socket.close();
  });
});

scenario('fd/wrong-type-file', { trap: 'the socket stays in "binding"' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'close', 'error');
  t.throws('bind', () => socket.bind({ fd: fs.openSync('/dev/null') }));
  t.throws('bind again', () => socket.bind(0, '127.0.0.1'));
  socket.close();
});

scenario('fd/wrong-type-tcp', (t) => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1', () => {
    const socket = dgram.createSocket('udp4');
    t.throws('bind', () => socket.bind({ fd: server._handle.fd }));
    socket.close();
    server.close();
  });
});

scenario('fd/wrong-type-stream', { namespace: true }, (t) => {
  // A stream socket of the Unix domain, here one with a name in the abstract namespace.
  const server = net.createServer();
  server.listen('\0dgram-test', () => {
    const socket = dgram.createSocket('udp4');
    t.throws('bind', () => socket.bind({ fd: server._handle.fd }));
    socket.close();
    server.close();
  });
});

scenario('fd/wrong-type-terminal', (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('bind', () => socket.bind({ fd: fs.openSync('/dev/ptmx', 'r+') }));
  socket.close();
});

scenario('fd/wrong-type-folder', (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('bind', () => socket.bind({ fd: fs.openSync('/') }));
  socket.close();
});

scenario('fd/not-open', (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('bind', () => socket.bind({ fd: 12345 }));
  socket.close();
});

scenario('fd/of-a-socket-in-use', (t) => {
  // Two sockets of one event loop cannot read the same descriptor.
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  first.bind(0, '127.0.0.1', () => {
    t.throws('bind', () => second.bind({ fd: t.fd(first) }));
    t.throws('bind again', () => second.bind(0, '127.0.0.1'));
    t.port(first, 'first');
    t.returns('address of the first', () => first.address());
    second.close();
    first.close();
  });
});

scenario('fd/zero-and-negative-are-ignored', (t) => {
  const zero = dgram.createSocket('udp4');
  const negative = dgram.createSocket('udp4');
  zero.bind({ fd: 0, address: '127.0.0.1' }, () => {
    t.port(zero, 'zero');
    t.returns('zero', () => zero.address());
    zero.close();
  });
  negative.bind({ fd: -1, address: '127.0.0.1' }, () => {
    t.port(negative, 'negative');
    t.returns('negative', () => negative.address());
    negative.close();
  });
  t.log('both are binding');
});

scenario('fd/when-bound', { descriptor: 'udp4' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.throws('bind', () => socket.bind({ fd: 3 }));
    socket.close();
  });
  t.throws('bind while binding', () => socket.bind({ fd: 3 }));
});
