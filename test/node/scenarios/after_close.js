'use strict';

// Calls of a closed socket. Most throw "Not running". Where Node fails with an error of the language instead, the
// scenario is marked: a port should say "Not running" there, too.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('after_close/not-running', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    t.throws('address', () => socket.address());
    t.throws('remoteAddress', () => socket.remoteAddress());
    t.throws('bind', () => socket.bind(0, '127.0.0.1', () => t.log('never called')));
    t.throws('close', () => socket.close());
    t.throws('send', () => socket.send('x', 9, '127.0.0.1', () => t.log('never called')));
    t.throws('sendto', () => socket.sendto(Buffer.from('x'), 0, 1, 9, '127.0.0.1', () => t.log('never called')));
    t.throws('setMulticastInterface', () => socket.setMulticastInterface('127.0.0.1'));
    t.throws('addMembership', () => socket.addMembership('224.0.0.114'));
    t.throws('dropMembership', () => socket.dropMembership('224.0.0.114'));
    t.throws('addSourceSpecificMembership', () => socket.addSourceSpecificMembership('127.0.0.1', '232.0.0.1'));
    t.throws('dropSourceSpecificMembership', () => socket.dropSourceSpecificMembership('127.0.0.1', '232.0.0.1'));
  });
});

scenario('after_close/comes-before-other-checks', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.close();
  t.throws('bad group', () => socket.addMembership('nonsense'));
  t.throws('no group', () => socket.addMembership(''));
  t.throws('bad interface', () => socket.setMulticastInterface('nonsense'));
  t.throws('bad descriptor', () => socket.bind({ fd: 12345 }));
});

scenario('after_close/ref-and-unref', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    t.returns('ref', () => socket.ref());
    t.returns('unref', () => socket.unref());
  });
});

scenario('after_close/set-options', { trap: 'an error of the language instead of "Not running"' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    t.throws('setBroadcast', () => socket.setBroadcast(true));
    t.throws('setTTL', () => socket.setTTL(16));
    t.throws('setMulticastTTL', () => socket.setMulticastTTL(16));
    t.throws('setMulticastLoopback', () => socket.setMulticastLoopback(true));
  });
});

scenario('after_close/buffer-sizes', { trap: 'an error of the language instead of "Not running"' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    t.throws('getRecvBufferSize', () => socket.getRecvBufferSize());
    t.throws('getSendBufferSize', () => socket.getSendBufferSize());
    t.throws('setRecvBufferSize', () => socket.setRecvBufferSize(8192));
    t.throws('setSendBufferSize', () => socket.setSendBufferSize(8192));
  });
});

scenario('after_close/bad-buffer-size', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.close();
  t.throws('setRecvBufferSize', () => socket.setRecvBufferSize(-1));
  t.throws('setSendBufferSize', () => socket.setSendBufferSize(-1));
});

scenario('after_close/counters', { trap: 'an error of the language instead of "Not running"' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    t.throws('getSendQueueSize', () => socket.getSendQueueSize());
    t.throws('getSendQueueCount', () => socket.getSendQueueCount());
  });
});

scenario('after_close/disconnect-when-not-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    t.throws('disconnect', () => socket.disconnect());
  });
});

scenario('after_close/disconnect-when-connected', {
  trap: 'an error of the language instead of "Not running"',
}, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => {
    socket.close();
    t.throws('remoteAddress', () => socket.remoteAddress());
    t.throws('disconnect', () => socket.disconnect());
  });
});

scenario('after_close/connect-when-unbound', { trap: 'the second time, another error' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.close();
  t.throws('connect', () => socket.connect(9, '127.0.0.1'));
  t.throws('connect again', () => socket.connect(9, '127.0.0.1'));
});

scenario('after_close/connect-when-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => {
    socket.close();
    t.throws('connect', () => socket.connect(9, '127.0.0.1'));
  });
});

scenario('after_close/connect-when-bound', { trap: 'an error of the language instead of "Not running"' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.close();
    t.throws('connect', () => socket.connect(9, '127.0.0.1', () => t.log('never called')));
  });
});

scenario('after_close/send-when-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => {
    socket.close();
    t.throws('send', () => socket.send('x'));
    t.throws('send with destination', () => socket.send('x', 9, '127.0.0.1', () => t.log('never called')));
  });
});

scenario('after_close/listeners-may-come-and-go', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.close(() => {
    t.on(socket, 'socket', 'close', 'message', 'error');
    t.returns('listeners', () => socket.listenerCount('message'));
    socket.removeAllListeners();
    t.returns('listeners after removal', () => socket.listenerCount('message'));
  });
});
