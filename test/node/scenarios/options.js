'use strict';

// Options of a bound socket: ranges, what the calls return, and what addresses they tell. Multicast interfaces and
// memberships are in multicast.js.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('options/ttl', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('1', () => socket.setTTL(1));
    t.returns('255', () => socket.setTTL(255));
    t.throws('0', () => socket.setTTL(0));
    t.throws('256', () => socket.setTTL(256));
    t.throws('-1', () => socket.setTTL(-1));
    socket.close();
  });
});

scenario('options/ttl-unbound', (t) => {
  // The range is checked before there is a socket of the system.
  const socket = dgram.createSocket('udp4');
  t.throws('16', () => socket.setTTL(16));
  t.throws('0', () => socket.setTTL(0));
  t.throws('256', () => socket.setTTL(256));
  socket.close();
});

scenario('options/multicast-ttl', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('0', () => socket.setMulticastTTL(0));
    t.returns('255', () => socket.setMulticastTTL(255));
    t.throws('-1', () => socket.setMulticastTTL(-1));
    t.throws('256', () => socket.setMulticastTTL(256));
    socket.close();
  });
});

scenario('options/multicast-ttl-unbound', (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('16', () => socket.setMulticastTTL(16));
  t.throws('256', () => socket.setMulticastTTL(256));
  socket.close();
});

scenario('options/of-udp6', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.bind(0, () => {
    t.returns('setTTL', () => socket.setTTL(16));
    t.returns('setMulticastTTL', () => socket.setMulticastTTL(16));
    t.returns('setMulticastLoopback', () => socket.setMulticastLoopback(false));
    t.returns('setBroadcast', () => socket.setBroadcast(true));
    t.throws('setTTL 256', () => socket.setTTL(256));
    socket.close();
  });
});

scenario('options/flags', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('setBroadcast true', () => socket.setBroadcast(true));
    t.returns('setBroadcast false', () => socket.setBroadcast(false));
    t.returns('setMulticastLoopback true', () => socket.setMulticastLoopback(true));
    t.returns('setMulticastLoopback false', () => socket.setMulticastLoopback(false));
    socket.close();
  });
});

scenario('options/buffer-sizes', (t) => {
  // Linux grants the double of what it was asked for.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('set recv', () => socket.setRecvBufferSize(10000));
    t.returns('set send', () => socket.setSendBufferSize(12000));
    t.returns('recv', () => socket.getRecvBufferSize());
    t.returns('send', () => socket.getSendBufferSize());
    socket.close();
  });
});

scenario('options/bad-buffer-sizes', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.throws('recv -1', () => socket.setRecvBufferSize(-1));
    t.throws('send -1', () => socket.setSendBufferSize(-1));
    t.throws('recv 2^32', () => socket.setRecvBufferSize(4294967296));
    t.throws('send 2^32', () => socket.setSendBufferSize(4294967296));
    t.throws('recv 2^31', () => socket.setRecvBufferSize(2147483648));
    t.throws('send 2^31', () => socket.setSendBufferSize(2147483648));
    t.throws('recv 2^32 - 1', () => socket.setRecvBufferSize(4294967295));
    socket.close();
  });
});

scenario('options/bad-buffer-sizes-unbound', (t) => {
  const socket = dgram.createSocket('udp4');
  t.throws('recv -1', () => socket.setRecvBufferSize(-1));
  t.throws('recv 2^31', () => socket.setRecvBufferSize(2147483648));
  t.throws('recv 8192', () => socket.setRecvBufferSize(8192));
  t.throws('send -1', () => socket.setSendBufferSize(-1));
  t.throws('send 8192', () => socket.setSendBufferSize(8192));
  socket.close();
});

scenario('options/buffer-size-zero', { trap: '0 is accepted, and changes nothing' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.setRecvBufferSize(10000);
    socket.setSendBufferSize(12000);
    t.returns('set recv', () => socket.setRecvBufferSize(0));
    t.returns('set send', () => socket.setSendBufferSize(0));
    t.returns('recv', () => socket.getRecvBufferSize());
    t.returns('send', () => socket.getSendBufferSize());
    socket.close();
  });
});

scenario('options/buffer-size-smallest', (t) => {
  // The kernel has a least size of its own.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('set recv', () => socket.setRecvBufferSize(1));
    t.log(`granted more: ${socket.getRecvBufferSize() > 2}`);
    t.returns('set send', () => socket.setSendBufferSize(1));
    t.log(`granted more: ${socket.getSendBufferSize() > 2}`);
    socket.close();
  });
});

scenario('options/buffer-size-largest', (t) => {
  // And a largest one, which it takes without a word.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.returns('set recv', () => socket.setRecvBufferSize(2147483647));
    t.log(`granted less: ${socket.getRecvBufferSize() < 2147483647}`);
    socket.close();
  });
});

scenario('options/buffer-sizes-while-binding', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => socket.close());
  t.throws('set recv', () => socket.setRecvBufferSize(8192));
  t.throws('get send', () => socket.getSendBufferSize());
});

scenario('options/counters-after-sends', (t) => {
  // Sends are tried at once: nothing waits.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(socket.address().port, '127.0.0.1', () => {
      socket.send('x', () => socket.close());
      t.returns('size', () => socket.getSendQueueSize());
      t.returns('count', () => socket.getSendQueueCount());
    });
  });
});

scenario('options/address-is-asked-each-time', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, () => {
    t.port(socket, 'socket');
    t.returns('bound', () => socket.address());
    socket.connect(9, '127.0.0.1', () => {
      t.returns('connected', () => socket.address());
      t.returns('remoteAddress', () => socket.remoteAddress());
      socket.close();
    });
  });
});

scenario('options/address-has-three-keys', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.log(`address: ${Object.keys(socket.address()).sort()}`);
    socket.connect(9, '127.0.0.1', () => {
      t.log(`remoteAddress: ${Object.keys(socket.remoteAddress()).sort()}`);
      socket.close();
    });
  });
});

scenario('options/address-is-a-copy', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const address = socket.address();
    address.port = 0;
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('options/chain', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.ref().unref().ref().bind(0, '127.0.0.1').on('listening', () => {
    t.log('listening');
    socket.close();
  });
});
