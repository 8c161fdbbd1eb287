'use strict';

// connect: its forms, what it reports and when, and what it changes. Failures are in connect_errors.js.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('connect/bound', (t) => {
  const peer = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error', 'close');
  peer.bind(0, '127.0.0.1', () => {
    t.port(peer, 'peer');
    socket.bind(0, '127.0.0.1', () => {
      t.returns('connect', () => socket.connect(peer.address().port, '127.0.0.1', () => {
        t.log('callback');
        t.returns('remoteAddress', () => socket.remoteAddress());
        socket.close();
        peer.close();
      }));
    });
  });
});

scenario('connect/unbound', (t) => {
  // Binds to any address first. The connection then chooses the address.
  const peer = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error', 'close');
  socket.on('listening', () => {
    t.port(socket, 'socket');
    t.returns('address when listening', () => socket.address());
  });
  peer.bind(0, '127.0.0.1', () => {
    t.port(peer, 'peer');
    socket.connect(peer.address().port, '127.0.0.1', () => {
      t.returns('address when connected', () => socket.address());
      t.returns('remoteAddress', () => socket.remoteAddress());
      socket.close();
      peer.close();
    });
    t.throws('address after connect', () => socket.address());
  });
});

scenario('connect/while-binding', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  socket.bind(0, '127.0.0.1');
  socket.connect(9, '127.0.0.1', () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('connect/default-address', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('connect/default-address-of-udp6', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.connect(9, () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('connect/port-only', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('connect', () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
  socket.connect(9);
});

scenario('connect/a-name', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, 'localhost', () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('connect/callback-has-no-arguments', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', function (...args) {
    t.log(`${args.length} arguments, this is the socket: ${this === socket}`);
    t.returns('listeners', () => socket.listenerCount('connect'));
    socket.close();
  });
});

scenario('connect/callback-of-a-bound-socket', (t) => {
  // It is a listener from the call of connect on.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.on('connect', () => t.log('listener before'));
    socket.connect(9, '127.0.0.1', () => t.log('callback'));
    t.returns('listeners', () => socket.listenerCount('connect'));
    socket.on('connect', () => {
      t.log('listener after');
      socket.close();
    });
  });
});

scenario('connect/callback-of-an-unbound-socket', (t) => {
  // It becomes a listener when the socket is listening.
  const socket = dgram.createSocket('udp4');
  socket.on('connect', () => t.log('listener before'));
  socket.connect(9, '127.0.0.1', () => {
    t.log('callback');
    socket.close();
  });
  t.returns('listeners', () => socket.listenerCount('connect'));
  socket.on('connect', () => t.log('listener after'));
});

scenario('connect/state-before-the-event', (t) => {
  // Connected when the system has done it: one tick before the event.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === '0.0.0.0') return callback(null, hostname, 4);  // that of bind
      process.nextTick(() => {
        t.throws('remoteAddress before the answer', () => socket.remoteAddress());
        callback(null, hostname, 4);
        t.returns('remoteAddress after the answer', () => socket.remoteAddress());
      });
    },
  });
  socket.bind(0, () => {
    t.on(socket, 'socket', 'connect');
    socket.connect(9, '127.0.0.1', () => socket.close());
  });
});

scenario('connect/while-connecting', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.connect(9, '127.0.0.1', () => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
  t.throws('connect', () => socket.connect(10, '127.0.0.1', () => t.log('never called')));
});

scenario('connect/when-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => {
    t.throws('connect', () => socket.connect(10, '127.0.0.1', () => t.log('never called')));
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('connect/only-the-peer-is-heard', (t) => {
  const peer = dgram.createSocket('udp4');
  const stranger = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  peer.bind(0, '127.0.0.1', () => {
    t.port(peer, 'peer');
    socket.connect(peer.address().port, '127.0.0.1', () => {
      const { port } = socket.address();
      stranger.send('from a stranger', port, '127.0.0.1', () => peer.send('from the peer', port, '127.0.0.1'));
    });
  });
  socket.on('message', () => {
    peer.close();
    stranger.close();
    socket.close();
  });
});

scenario('connect/earlier-datagrams-of-others-are-delivered', (t) => {
  // What waits in the kernel when the connection is made stays there.
  const stranger = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  stranger.bind(0, '127.0.0.1', () => {
    t.port(stranger, 'stranger');
    socket.bind(0, '127.0.0.1', () => {
      stranger.connect(socket.address().port, '127.0.0.1', () => {
        stranger.send('before connect');
        t.readable(socket);
        socket.connect(9, '127.0.0.1', () => t.log('connected'));
      });
    });
  });
  socket.on('message', () => {
    stranger.close();
    socket.close();
  });
});

scenario('connect/echo', (t) => {
  const server = dgram.createSocket('udp4');
  const client = dgram.createSocket('udp4');
  t.on(server, 'server', 'message');
  t.on(client, 'client', 'message');
  server.on('message', (msg, rinfo) => server.send(msg, rinfo.port, rinfo.address));
  server.bind(0, '127.0.0.1', () => {
    t.port(server, 'server');
    client.connect(server.address().port, '127.0.0.1', () => {
      t.port(client, 'client');
      client.send('hello', (err, bytes) => t.sent('hello', err, bytes));
    });
  });
  client.on('message', () => {
    client.close();
    server.close();
  });
});

scenario('connect/mapped-peer', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.connect(9, '::ffff:127.0.0.1', () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('connect/link-local-peer', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.connect(9, 'fe80::1%eth1', () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});
