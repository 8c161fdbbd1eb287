'use strict';

// Exceptions that leave a callback, and what goes on where the process does.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('exceptions/end-the-process', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.tick('that never runs');
    throw new Error('from the callback');
  });
});

scenario('exceptions/in-message', (t) => {
  // The other listeners do not hear of this datagram. The next one is delivered to all.
  t.survive();
  const receiver = dgram.createSocket('udp4');
  const sender = dgram.createSocket('udp4');
  receiver.on('message', (msg, rinfo) => {
    t.message('first listener', msg, rinfo);
    if (msg.toString() === '1') throw new Error('from the listener');
  });
  receiver.on('message', (msg, rinfo) => {
    t.message('second listener', msg, rinfo);
    receiver.close();
  });
  receiver.bind(0, '127.0.0.1', () => {
    sender.connect(receiver.address().port, '127.0.0.1', () => {
      t.port(sender, 'sender');
      sender.send('1');
      t.readable(receiver);
      sender.send('2');
      t.readable(receiver, 2);
      sender.close();
    });
  });
});

scenario('exceptions/in-the-callback-of-send', (t) => {
  // The callbacks of other sends come as ever.
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(socket.address().port, '127.0.0.1', () => {
      socket.send('1', () => {
        throw new Error('from the callback');
      });
      socket.send('2', (err, bytes) => t.sent('2', err, bytes));
    });
  });
  t.settle(() => socket.close());
});

scenario('exceptions/in-listening', (t) => {
  // The callback of bind does not come any more. The socket is bound and receives.
  t.survive();
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.on('listening', () => {
    throw new Error('from the listener');
  });
  socket.bind(0, '127.0.0.1', () => t.log('never called'));
  socket.on('listening', () => t.log('never called'));
  t.settle(() => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.send('it receives', socket.address().port, '127.0.0.1');
  });
  socket.on('message', () => socket.close());
});

scenario('exceptions/in-the-callback-of-bind', (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => t.log('listener before'));
  socket.bind(0, '127.0.0.1', () => {
    throw new Error('from the callback');
  });
  socket.on('listening', () => t.log('never called'));
  t.settle(() => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('exceptions/in-connect', (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.on('connect', () => {
    throw new Error('from the listener');
  });
  socket.bind(0, '127.0.0.1', () => socket.connect(9, '127.0.0.1', () => t.log('never called')));
  t.settle(() => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    socket.close();
  });
});

scenario('exceptions/in-the-callback-of-connect', (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '127.0.0.1', () => {
      throw new Error('from the callback');
    });
  });
  t.settle(() => {
    t.returns('remoteAddress', () => socket.remoteAddress());
    t.returns('listeners', () => socket.listenerCount('connect'));
    socket.close();
  });
});

scenario('exceptions/in-the-failed-callback-of-connect', (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error');
  socket.bind(0, '127.0.0.1', () => {
    socket.connect(9, '::1', (err) => {
      t.error('callback', err);
      throw new Error('from the callback');
    });
  });
  t.settle(() => {
    socket.connect(9, '127.0.0.1', () => {
      t.log('connected');
      socket.close();
    });
  });
});

scenario('exceptions/in-close', (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.on('close', () => {
    t.log('listener throws');
    throw new Error('from the listener');
  });
  socket.bind(0, '127.0.0.1', () => socket.close(() => t.log('never called')));
  t.settle(() => t.throws('address', () => socket.address()));
});

scenario('exceptions/in-error', (t) => {
  t.survive();
  const socket = dgram.createSocket('udp4');
  socket.on('error', (err) => {
    t.error('first listener', err);
    throw new Error('from the listener');
  });
  socket.on('error', () => t.log('never called'));
  socket.bind(0, '192.0.2.1');
  t.settle(() => {
    socket.bind(0, '127.0.0.1', () => {
      t.log('bound');
      socket.close();
    });
  });
});

scenario('exceptions/in-a-listener-inside-bind', (t) => {
  // Where the event is emitted inside the call, the exception leaves the call.
  const socket = dgram.createSocket({
    type: 'udp4',
    lookup(hostname, family, callback) {
      callback(null, hostname, 4);
    },
  });
  socket.on('listening', () => {
    throw new Error('from the listener');
  });
  t.throws('bind', () => socket.bind(0, '127.0.0.1', () => t.log('never called')));
  t.port(socket, 'socket');
  t.returns('address', () => socket.address());
  socket.close();
});

scenario('exceptions/unheard-error-event', (t) => {
  // An 'error' that nobody listens for is thrown, here out of emit.
  const socket = dgram.createSocket('udp4');
  t.throws('emit', () => socket.emit('error', new Error('unheard')));
  socket.close();
});
