'use strict';

// What only a network of one's own shows: broadcast, and a link that takes no more datagrams. eth0 has 10.0.0.1, and
// nobody answers on it: what is sent to a neighbour waits until the neighbour is found.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('network/broadcast-is-forbidden', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.bind(12345, () => {
    socket.send('x', 12345, '10.0.0.255', (err, bytes) => {
      t.sent('x', err, bytes);
      socket.close();
    });
  });
});

scenario('network/broadcast', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(12345, () => {
    t.returns('setBroadcast', () => socket.setBroadcast(true));
    socket.send('to everybody', 12345, '10.0.0.255', (err, bytes) => t.sent('to everybody', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('network/broadcast-forbidden-again', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    socket.setBroadcast(true);
    socket.send('x', 23456, '10.0.0.255', (err, bytes) => {
      t.sent('allowed', err, bytes);
      socket.setBroadcast(false);
      socket.send('x', 23456, '10.0.0.255', (err, bytes) => {
        t.sent('forbidden', err, bytes);
        socket.close();
      });
    });
  });
});

scenario('network/broadcast-forbidden-silently', {
  namespace: true,
  trap: 'without a callback nobody hears of it',
}, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error', 'message');
  socket.bind(12345, () => {
    socket.send('x', 12345, '10.0.0.255');
    t.settle(() => {
      t.log('nothing was reported');
      socket.close();
    });
  });
});

scenario('network/limited-broadcast', { namespace: true }, (t) => {
  // 255.255.255.255 needs a route as any other address.
  t.ip('route', 'add', '255.255.255.255', 'dev', 'eth0');
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(12345, () => {
    socket.setBroadcast(true);
    socket.send('to everybody', 12345, '255.255.255.255', (err, bytes) => t.sent('to everybody', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('network/full-link-queues', { namespace: true }, (t) => {
  // When the system takes no more, datagrams wait in the socket, in order, and what is sent then waits behind them.
  // They leave when the link goes on.
  const socket = dgram.createSocket('udp4');
  const order = [];
  let sent = 0;
  let left = 0;
  function send() {
    const number = sent++;
    socket.send(Buffer.alloc(1000), (err, bytes) => {
      order.push(number);
      if (err !== null || bytes !== 1000) t.sent(`number ${number}`, err, bytes);
      if (--left > 0) return;
      t.log(`all callbacks in order: ${order.every((each, i) => each === i)}`);
      t.returns('size', () => socket.getSendQueueSize());
      t.returns('count', () => socket.getSendQueueCount());
      socket.close();
    });
    left++;
  }
  socket.connect(9, '10.0.0.77', () => {
    socket.setSendBufferSize(1);
    while (socket.getSendQueueCount() === 0) send();
    t.returns('size of one', () => socket.getSendQueueSize());
    send();
    send();
    t.returns('size of three', () => socket.getSendQueueSize());
    t.returns('count', () => socket.getSendQueueCount());
    setImmediate(() => {
      t.returns('count a turn later', () => socket.getSendQueueCount());
      t.ip('neighbour', 'replace', '10.0.0.77', 'lladdr', '02:00:00:00:00:77', 'dev', 'eth0', 'nud', 'permanent');
    });
  });
});

scenario('network/full-link-and-close', {
  namespace: true,
  trap: 'the callback gets an error and a byte count',
}, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error', 'close');
  socket.connect(9, '10.0.0.77', () => {
    socket.setSendBufferSize(1);
    while (socket.getSendQueueCount() === 0) {
      socket.send(Buffer.alloc(1000), (err, bytes) => {
        if (err) t.sent('the one that waits', err, bytes);
      });
    }
    socket.send('behind it', (err, bytes) => t.sent('behind it', err, bytes));
    socket.close();
  });
});

scenario('network/full-link-unconnected', { namespace: true }, (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'error', 'close');
  socket.bind(12345, () => {
    socket.setSendBufferSize(1);
    while (socket.getSendQueueCount() === 0) {
      socket.send(Buffer.alloc(1000), 9, '10.0.0.77', (err, bytes) => {
        if (err) t.sent('the one that waits', err, bytes);
      });
    }
    socket.send('behind it', 9, '10.0.0.77', (err, bytes) => t.sent('behind it', err, bytes));
    t.returns('size', () => socket.getSendQueueSize());
    t.returns('count', () => socket.getSendQueueCount());
    socket.close();
  });
});

scenario('network/full-link-is-silent-without-callbacks', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error', 'close');
  socket.connect(9, '10.0.0.77', () => {
    socket.setSendBufferSize(1);
    while (socket.getSendQueueCount() === 0) socket.send(Buffer.alloc(1000));
    t.settle(() => {
      t.returns('count', () => socket.getSendQueueCount());
      socket.close();
    });
  });
});

scenario('network/full-link-and-disconnect', { namespace: true }, (t) => {
  // What waits goes on waiting.
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '10.0.0.77', () => {
    socket.setSendBufferSize(1);
    while (socket.getSendQueueCount() === 0) socket.send(Buffer.alloc(1000));
    t.returns('count', () => socket.getSendQueueCount());
    t.returns('disconnect', () => socket.disconnect());
    t.returns('count after disconnect', () => socket.getSendQueueCount());
    socket.close();
  });
});

scenario('network/own-addresses', { namespace: true }, (t) => {
  const a = dgram.createSocket('udp4');
  const b = dgram.createSocket('udp4');
  t.on(b, 'b', 'message');
  a.bind(12345, '10.0.0.1', () => {
    b.bind(23456, '10.0.1.1', () => a.send('across', 23456, '10.0.1.1'));
  });
  b.on('message', () => {
    a.close();
    b.close();
  });
});

scenario('network/implicit-bind-has-the-address-of-the-route', { namespace: true }, (t) => {
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  receiver.bind(12345, '10.0.0.1', () => sender.send('x', 12345, '10.0.0.1', () => t.port(sender, 'sender')));
  receiver.on('message', () => {
    receiver.close();
    sender.close();
  });
});
