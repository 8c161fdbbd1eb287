'use strict';

// connect that fails, and what a connected socket hears when nobody listens at the other end.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('connect_errors/bad-ports', (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('0', () => socket.connect(0, '127.0.0.1'));
  t.throws('65536', () => socket.connect(65536, '127.0.0.1'));
  t.throws('-1', () => socket.connect(-1, '127.0.0.1'));
  t.throws('none', () => socket.connect());
  socket.close();
});

scenario('connect_errors/bad-port-changes-nothing', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  t.throws('connect', () => socket.connect(0, '127.0.0.1', () => t.log('never called')));
  socket.connect(9, '127.0.0.1', () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('connect_errors/callback-gets-it', (t) => {
  // Then there is no event.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '::1', (err) => {
      t.error('callback', err);
      t.returns('listeners', () => socket.listenerCount('connect'));
      socket.close();
    });
    t.tick('after connect');
  });
});

scenario('connect_errors/event-without-callback', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.on('error', () => socket.close());
  socket.bind(0, '127.0.0.1', () => socket.connect(9, '::1'));
});

scenario('connect_errors/nobody-listens-for-it', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => socket.connect(9, '::1'));
});

scenario('connect_errors/unbound', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  socket.connect(9, '::1', (err) => {
    t.error('callback', err);
    socket.close();
  });
});

scenario('connect_errors/again', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.connect(9, '::1', (err) => {
    t.error('callback', err);
    t.throws('remoteAddress', () => socket.remoteAddress());
    socket.connect(9, '127.0.0.1', () => {
      t.returns('remoteAddress', () => socket.remoteAddress());
      socket.close();
    });
  });
});

scenario('connect_errors/ipv4-address-for-udp6', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.connect(9, '127.0.0.1', (err) => {
    t.error('callback', err);
    socket.close();
  });
});

scenario('connect_errors/no-route', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '192.0.2.1', (err) => {
    t.error('callback', err);
    socket.close();
  });
});

scenario('connect_errors/broadcast', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '10.0.0.255', (err) => {
    t.error('callback', err);
    socket.setBroadcast(true);
    socket.connect(9, '10.0.0.255', () => {
      t.returns('remoteAddress', () => socket.remoteAddress());
      socket.close();
    });
  });
});

scenario('connect_errors/name-is-unknown', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === '0.0.0.0') return callback(null, hostname, 4);
      const err = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
      err.errno = -3008;
      err.code = 'ENOTFOUND';
      err.syscall = 'getaddrinfo';
      err.hostname = hostname;
      process.nextTick(callback, err);
    },
  });
  t.on(socket, 'socket', 'connect', 'error');
  socket.connect(9, 'nowhere.invalid', (err) => {
    t.error('callback', err);
    socket.connect(9, 'nowhere.invalid');
    socket.once('error', () => socket.close());
  });
});

scenario('connect_errors/implicit-bind-fails', { trap: 'the socket stays in "connecting" for ever' }, (t) => {
  let lookups = 0;
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      process.nextTick(callback, ++lookups === 1 ? new Error('no') : null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  socket.connect(9, '127.0.0.1', () => t.log('never called'));
  t.settle(() => {
    t.throws('connect', () => socket.connect(9, '127.0.0.1'));
    t.throws('disconnect', () => socket.disconnect());
    socket.send('x', 9, '127.0.0.1', (err, bytes) => {
      t.sent('with destination', err, bytes);
      socket.close();
    });
  });
});

scenario('connect_errors/nobody-at-the-other-end', { namespace: true }, (t) => {
  // The answer to a datagram is an ICMP error, which the next receive reports.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.on('error', () => socket.close());
  socket.connect(9, '127.0.0.1', () => socket.send('x', (err, bytes) => t.sent('x', err, bytes)));
});

scenario('connect_errors/nobody-at-either-end', { namespace: true }, (t) => {
  // The same without a listener.
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => socket.send('x'));
});

scenario('connect_errors/the-next-send-reports-it', { namespace: true }, (t) => {
  // Sends in a row, with no receive in between: one of them gets the ICMP error of an earlier one.
  const socket = dgram.createSocket('udp4');
  socket.on('error', () => {});
  function send() {
    socket.send('x', (err, bytes) => {
      if (!err) return process.nextTick(send);
      t.sent('one of many', err, bytes);
      socket.close();
    });
  }
  socket.connect(9, '127.0.0.1', send);
});

scenario('connect_errors/the-socket-stays-usable', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  const peer = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error', 'message', 'close');
  socket.connect(12345, '127.0.0.1', () => socket.send('x'));
  socket.on('error', () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    peer.bind(12345, '127.0.0.1', () => peer.send('here now', socket.address().port, '127.0.0.1'));
  });
  socket.on('message', () => {
    peer.close();
    socket.close();
  });
});

scenario('connect_errors/without-connection-nobody-hears', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.send('first', 9, '127.0.0.1', (err, bytes) => {
    t.sent('first', err, bytes);
    t.settle(() => {
      socket.send('second', 9, '127.0.0.1', (err, bytes) => {
        t.sent('second', err, bytes);
        t.settle(() => socket.close());
      });
    });
  });
});
