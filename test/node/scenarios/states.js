'use strict';

// Which calls do what in which state: unbound, binding, bound, connecting, connected. The state closed is in
// after_close.js. One scenario per cell, except for calls that change nothing.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

// The calls that change no state.
function calls(t, socket) {
  t.returns('address', () => socket.address());
  t.returns('remoteAddress', () => socket.remoteAddress());
  t.returns('send without destination', () => socket.send('x'));
  t.returns('setBroadcast', () => socket.setBroadcast(true));
  t.returns('setTTL', () => socket.setTTL(16));
  t.returns('setMulticastTTL', () => socket.setMulticastTTL(16));
  t.returns('setMulticastLoopback', () => socket.setMulticastLoopback(true));
  t.returns('setMulticastInterface', () => socket.setMulticastInterface('127.0.0.1'));
  t.returns('setRecvBufferSize', () => socket.setRecvBufferSize(8192));
  t.returns('setSendBufferSize', () => socket.setSendBufferSize(8192));
  t.returns('getRecvBufferSize', () => socket.getRecvBufferSize());
  t.returns('getSendBufferSize', () => socket.getSendBufferSize());
  t.returns('getSendQueueSize', () => socket.getSendQueueSize());
  t.returns('getSendQueueCount', () => socket.getSendQueueCount());
  t.returns('ref', () => socket.ref());
  t.returns('unref', () => socket.unref());
}

scenario('states/calls-unbound', (t) => {
  const socket = dgram.createSocket('udp4');
  calls(t, socket);
  t.throws('disconnect', () => socket.disconnect());
  socket.close();
});

scenario('states/calls-binding', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  calls(t, socket);
  t.throws('disconnect', () => socket.disconnect());
  socket.close();
});

scenario('states/calls-bound', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    calls(t, socket);
    t.throws('disconnect', () => socket.disconnect());
    socket.close();
  });
});

scenario('states/calls-connecting', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(9, '127.0.0.1');
    calls(t, socket);
    t.throws('disconnect', () => socket.disconnect());
    socket.close();
  });
});

scenario('states/calls-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(socket.address().port, '127.0.0.1', () => {
      calls(t, socket);
      t.returns('disconnect', () => socket.disconnect());
      socket.close();
    });
  });
});

// --- bind ----------------------------------------------------------------------------------------

scenario('states/bind-connecting', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '127.0.0.1', () => socket.close());
    t.throws('bind', () => socket.bind(0, '127.0.0.1'));
  });
});

scenario('states/bind-connecting-unbound', (t) => {
  // connect is binding it already.
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => socket.close());
  t.throws('bind', () => socket.bind(0, '127.0.0.1'));
});

scenario('states/bind-sending-unbound', (t) => {
  // send is binding it already.
  const socket = dgram.createSocket('udp4');
  socket.send('x', 9, '127.0.0.1', () => socket.close());
  t.throws('bind', () => socket.bind(0, '127.0.0.1'));
});

scenario('states/bind-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => {
    t.throws('bind', () => socket.bind(0, '127.0.0.1'));
    socket.close();
  });
});

// --- connect -------------------------------------------------------------------------------------

scenario('states/connect-after-send', (t) => {
  // The send is binding the socket: connect waits with it.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error');
  socket.send('x', 9, '127.0.0.1', (err, bytes) => t.sent('x', err, bytes));
  socket.connect(9, '127.0.0.1', () => socket.close());
});

scenario('states/connect-connecting', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '127.0.0.1', () => {
      t.returns('remoteAddress', () => socket.remoteAddress());
      socket.close();
    });
    t.throws('connect', () => socket.connect(10, '127.0.0.1', () => t.log('never called')));
  });
});

scenario('states/connect-disconnected', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => {
    socket.disconnect();
    t.returns('connect', () => socket.connect(10, '127.0.0.1', () => {
      t.returns('remoteAddress', () => socket.remoteAddress());
      socket.close();
    }));
  });
});

// --- send ----------------------------------------------------------------------------------------

scenario('states/send-connecting-loses', { trap: 'the connection is made first: EISCONN' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(socket.address().port, '127.0.0.1');
    socket.send('x', socket.address().port, '127.0.0.1', (err, bytes) => {
      t.sent('x', err, bytes);
      socket.close();
    });
  });
});

scenario('states/send-connecting-loses-silently', { trap: 'and without a callback nobody hears of it' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect', 'error', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(socket.address().port, '127.0.0.1');
    socket.send('x', socket.address().port, '127.0.0.1');
    t.settle(() => socket.close());
  });
});

scenario('states/send-connecting-wins', (t) => {
  // While connect looks for its peer, the socket sends as one without a connection.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      if (hostname === 'slow') setTimeout(callback, 50, null, '127.0.0.1', 4);
      else process.nextTick(callback, null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'connect', 'error', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(socket.address().port, 'slow', () => socket.close());
    socket.send('x', socket.address().port, '127.0.0.1', (err, bytes) => t.sent('x', err, bytes));
  });
});

// --- close ---------------------------------------------------------------------------------------

scenario('states/close-bound', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'close');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('close', () => socket.close());
    t.throws('address', () => socket.address());
  });
});

scenario('states/close-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'close');
  socket.connect(9, '127.0.0.1', () => {
    t.returns('close', () => socket.close());
    t.throws('remoteAddress', () => socket.remoteAddress());
  });
});

scenario('states/close-with-a-queue', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'close');
  socket.connect(9, '127.0.0.1');
  t.returns('close', () => socket.close());
  t.throws('address', () => socket.address());
  socket.on('listening', () => t.throws('address in listening', () => socket.address()));
});

// --- memberships ---------------------------------------------------------------------------------

scenario('states/membership-unbound', { namespace: true, trap: 'bound in the system, and not for the socket' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error', 'close');
  t.returns('addMembership', () => socket.addMembership('224.0.0.114', '10.0.0.1'));
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  t.returns('setTTL', () => socket.setTTL(16));
  socket.once('error', () => {
    socket.send('x', 9, '10.0.0.1', () => t.log('never called'));
    socket.once('error', () => t.settle(() => socket.close()));
  });
  socket.bind(0);
});

scenario('states/membership-binding', { namespace: true, trap: 'the bind that is under way fails' }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error', 'close');
  socket.bind(12345);
  t.returns('addMembership', () => socket.addMembership('224.0.0.114', '10.0.0.1'));
  socket.on('error', () => socket.close());
  socket.on('listening', () => {
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('states/membership-bound', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, () => {
    t.returns('addMembership', () => socket.addMembership('224.0.0.114', '10.0.0.1'));
    t.returns('dropMembership', () => socket.dropMembership('224.0.0.114', '10.0.0.1'));
    socket.close();
  });
});

scenario('states/membership-connecting', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, () => {
    socket.connect(9, '127.0.0.1', () => {
      t.returns('dropMembership when connected', () => socket.dropMembership('224.0.0.114', '10.0.0.1'));
      socket.close();
    });
    t.returns('addMembership when connecting', () => socket.addMembership('224.0.0.114', '10.0.0.1'));
  });
});
