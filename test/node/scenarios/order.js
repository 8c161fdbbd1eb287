'use strict';

// In which order things happen: what is called inside a call, what in the ticks after it, and what when the event loop
// has polled.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('order/bind-an-address', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => {
    t.log('listener before');
    t.tick('of the listener before');
  });
  t.tick('before bind');
  socket.bind(0, '127.0.0.1', () => {
    t.log('callback');
    t.tick('of the callback');
    t.microtask('of the callback');
    socket.close();
  });
  socket.on('listening', () => t.log('listener after'));
  t.tick('after bind');
  t.microtask('after bind');
  t.immediate('after bind');
  t.log('bind has returned');
});

scenario('order/bind-a-name', (t) => {
  // A name takes a turn of the event loop, or many.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, 'localhost', () => {
    t.log('callback');
    socket.close();
  });
  t.tick('after bind');
  t.microtask('after bind');
  t.log('bind has returned');
});

scenario('order/send', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.on('message', () => socket.close());
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send('x', socket.address().port, '127.0.0.1', (err, bytes) => {
      t.sent('x', err, bytes);
      t.tick('of the callback');
    });
    t.log('send has returned');
    process.nextTick(() => {
      t.log('tick after send');
      t.tick('of the tick after send');
    });
    t.microtask('after send');
  });
});

scenario('order/send-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.on('message', () => socket.close());
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(socket.address().port, '127.0.0.1', () => {
      socket.send('x', (err, bytes) => t.sent('x', err, bytes));
      t.log('send has returned');
      t.tick('after send');
      t.microtask('after send');
    });
  });
});

scenario('order/message-and-immediate', (t) => {
  // A datagram that has arrived already is read before immediates run.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.on('message', () => {
    t.tick('of the message');
    socket.close();
  });
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(socket.address().port, '127.0.0.1', () => {
      socket.send('x');
      t.readable(socket);
      t.immediate('after send');
      t.tick('after send');
    });
  });
});

scenario('order/sends-of-an-unbound-socket', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening');
  t.tick('before send');
  socket.send('1', 9, '127.0.0.1', (err, bytes) => {
    t.sent('1', err, bytes);
    t.tick('of the first callback');
  });
  socket.send('2', 9, '127.0.0.1', (err, bytes) => {
    t.sent('2', err, bytes);
    socket.close();
  });
  t.tick('after send');
  t.microtask('after send');
  t.immediate('after send');
  t.log('send has returned');
});

scenario('order/connect-an-unbound-socket', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect');
  t.tick('before connect');
  socket.connect(9, '127.0.0.1', () => {
    t.log('callback');
    socket.close();
  });
  t.tick('after connect');
  t.microtask('after connect');
  t.immediate('after connect');
  t.log('connect has returned');
});

scenario('order/connect-a-bound-socket', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect');
  socket.bind(0, '127.0.0.1', () => {
    t.tick('before connect');
    socket.connect(9, '127.0.0.1', () => {
      t.log('callback');
      socket.close();
    });
    t.tick('after connect');
    t.microtask('after connect');
    t.log('connect has returned');
  });
});

scenario('order/close', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'close');
  socket.bind(0, '127.0.0.1', () => {
    t.tick('before close');
    t.microtask('before close');
    socket.close(() => {
      t.log('callback');
      t.tick('of the callback');
    });
    t.tick('after close');
    t.immediate('after close');
    t.log('close has returned');
  });
});

scenario('order/abort', (t) => {
  const controller = new AbortController();
  const socket = dgram.createSocket({ type: 'udp4', signal: controller.signal });
  t.on(socket, 'socket', 'close');
  socket.bind(0, '127.0.0.1', () => {
    t.tick('before abort');
    controller.abort();
    t.throws('address', () => socket.address());
    t.tick('after abort');
  });
});

scenario('order/descriptor', { descriptor: 'udp4' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => {
    t.log('listener');
    t.tick('of the listener');
  });
  t.tick('before bind');
  socket.bind({ fd: 3 }, () => {
    t.log('callback');
    socket.close();
  });
  t.tick('after bind');
  t.log('bind has returned');
});

scenario('order/lookup-that-answers-at-once', (t) => {
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      callback(null, hostname, 4);
    },
  });
  t.on(socket, 'socket', 'listening', 'message', 'close');
  socket.on('message', () => socket.close());
  socket.bind(0, '127.0.0.1', () => t.log('callback'));
  t.log('bind has returned');
  t.port(socket, 'socket');
  socket.send('x', socket.address().port, '127.0.0.1', (err, bytes) => t.sent('x', err, bytes));
  t.readable(socket);
  t.log('send has returned, and the datagram is on its way');
  t.tick('after send');
});

scenario('order/error-of-bind', (t) => {
  const socket = dgram.createSocket('udp4');
  t.tick('before bind');
  socket.bind(0, '192.0.2.1');
  t.tick('after bind');
  socket.on('error', (err) => {
    t.error('socket', err);
    t.tick('of the error');
    socket.close();
  });
});

scenario('order/error-of-connect', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.bind(0, '127.0.0.1', () => {
    t.tick('before connect');
    socket.connect(9, '::1', (err) => {
      t.error('callback', err);
      socket.close();
    });
    t.tick('after connect');
    process.nextTick(() => t.tick('of a tick after connect'));
  });
});

scenario('order/two-sockets-that-bind', (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  t.on(first, 'first', 'listening', 'close');
  t.on(second, 'second', 'listening', 'close');
  first.bind(0, '127.0.0.1', () => {
    t.tick('of the first');
    first.close();
  });
  second.bind(0, '127.0.0.1', () => {
    t.tick('of the second');
    second.close();
  });
});

scenario('order/microtasks-between-callbacks', (t) => {
  // When ticks have run out, promises get their turn, and then ticks again.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(socket.address().port, '127.0.0.1', () => {
      socket.send('1', () => {
        t.log('first callback');
        t.microtask('of the first callback');
        t.tick('of the first callback');
      });
      socket.send('2', () => {
        t.log('second callback');
        t.microtask('of the second callback');
        socket.close();
      });
    });
  });
});

// --- what leaves first -----------------------------------------------------------------------------

// r receives, a and c are bound, b is connected to r: f(port of r), with all of them.
function with_four(t, f) {
  const [r, a, b, c] = ['r', 'a', 'b', 'c'].map(() => dgram.createSocket('udp4'));
  r.on('message', (msg) => {
    t.log(`message ${msg}`);
    if (msg.toString() !== 'last') return;
    for (const socket of [r, a, b, c]) socket.close();
  });
  r.bind(0, '127.0.0.1', () => {
    const { port } = r.address();
    a.bind(0, '127.0.0.1', () => {
      c.bind(0, '127.0.0.1', () => {
        b.connect(port, '127.0.0.1', () => f({ port, r, a, b, c }));
      });
    });
  });
}

scenario('order/send-and-a-tick-behind-it', (t) => {
  // It has left when the tick runs.
  with_four(t, ({ port, r, a, b }) => {
    a.send('x', port, '127.0.0.1');
    process.nextTick(() => {
      t.readable(r);
      b.send('last');
    });
  });
});

scenario('order/connected-in-a-tick-behind', (t) => {
  with_four(t, ({ port, a, b, c }) => {
    a.send('1', port);
    process.nextTick(() => {
      b.send('2');
      c.send('3', port, '127.0.0.1');
      process.nextTick(() => b.send('last'));
    });
  });
});

scenario('order/connected-overtakes', (t) => {
  // It leaves inside the call, the others in the next ticks.
  with_four(t, ({ port, a, b, c }) => {
    a.send('2', port);
    b.send('1');
    c.send('last', port);
  });
});

scenario('order/two-sockets-take-turns', (t) => {
  with_four(t, ({ port, a, c }) => {
    for (const i of [1, 2, 3, 4, 5, 6]) {
      (i % 2 === 0 ? a : c).send(`${i}`, port);
      (i % 3 === 0 ? a : c).send(`${i} again`, port);
    }
    a.send('last', port);
  });
});

scenario('order/callbacks-of-two-sockets', (t) => {
  with_four(t, ({ port, a, c }) => {
    a.send('1', port, () => {
      t.log('callback 1');
      t.tick('of callback 1');
      c.send('4', port);
    });
    c.send('2', port, () => {
      t.log('callback 2');
      a.send('last', port);
    });
    a.send('3', port, () => t.log('callback 3'));
    t.tick('behind');
  });
});

scenario('order/send-and-connect-of-the-receiver', (t) => {
  // It is there before the other has a peer.
  with_four(t, ({ port, r, a, c }) => {
    a.send('x', port);
    r.connect(c.address().port, '127.0.0.1', () => {
      t.log('connected');
      c.send('last', port);
    });
  });
});

scenario('order/send-and-close-in-a-tick', (t) => {
  with_four(t, ({ port, a, b }) => {
    const socket = dgram.createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      socket.send('x', port, (err, bytes) => {
        t.sent('x', err, bytes);
        b.send('last');
      });
      process.nextTick(() => socket.close(() => t.log('closed')));
    });
  });
});

scenario('order/lookup-that-answers-at-once-overtakes', (t) => {
  with_four(t, ({ port, a, b }) => {
    const quick = dgram.createSocket({ type: 'udp4', lookup: (host, family, callback) => callback(null, host, 4) });
    quick.bind(0, '127.0.0.1');
    a.send('3', port);
    quick.send('1', port, '127.0.0.1');
    b.send('2');
    quick.close();
    a.send('last', port);
  });
});

scenario('order/lookup-that-answers-in-a-tick', (t) => {
  with_four(t, ({ port, a, b }) => {
    const lookup = (host, family, callback) => process.nextTick(callback, null, host, 4);
    const slow = dgram.createSocket({ type: 'udp4', lookup });
    slow.bind(0, '127.0.0.1', () => {
      a.send('1', port);
      slow.send('2', port, '127.0.0.1');
      a.send('3', port);
      slow.send('4', port, '127.0.0.1', () => slow.close());
      process.nextTick(() => b.send('last'));
    });
  });
});

scenario('order/send-to-a-group-and-drop', { namespace: true }, (t) => {
  // It was a member when the datagram left.
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  t.on(receiver, 'receiver', 'message');
  receiver.bind(12345, () => {
    receiver.addMembership('224.0.0.114', '10.0.0.1');
    sender.bind(23456, () => {
      sender.setMulticastInterface('10.0.0.1');
      sender.send('a member', 12345, '224.0.0.114');
      process.nextTick(() => {
        receiver.dropMembership('224.0.0.114', '10.0.0.1');
        sender.send('no member', 12345, '224.0.0.114');
        sender.send('last', 12345, '10.0.0.1');
      });
    });
  });
  receiver.on('message', (msg) => {
    if (msg.toString() !== 'last') return;
    receiver.close();
    sender.close();
  });
});

scenario('order/send-and-broadcast-in-a-tick', { namespace: true }, (t) => {
  // A setting holds from the tick on in which a send leaves.
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    socket.setBroadcast(true);
    socket.send('x', 23456, '10.0.0.255', (err, bytes) => t.sent('allowed', err, bytes));
    process.nextTick(() => socket.setBroadcast(false));
    process.nextTick(() => {
      socket.send('x', 23456, '10.0.0.255', (err, bytes) => {
        t.sent('forbidden', err, bytes);
        socket.close();
      });
    });
  });
});
