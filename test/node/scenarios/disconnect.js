'use strict';

// disconnect: what it leaves of the address, and who is heard and can be sent to afterwards.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('disconnect/is-synchronous', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'connect', 'error', 'close');
  socket.connect(9, '127.0.0.1', () => {
    t.returns('disconnect', () => socket.disconnect());
    t.throws('remoteAddress', () => socket.remoteAddress());
    t.throws('disconnect again', () => socket.disconnect());
    socket.close();
  });
});

scenario('disconnect/a-port-of-the-kernel-is-lost', (t) => {
  // Linux takes it back. The next send gets another one.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, () => {
    socket.connect(9, '127.0.0.1', () => {
      t.port(socket, 'socket');
      t.returns('connected', () => socket.address());
      socket.disconnect();
      t.returns('disconnected', () => socket.address());
      socket.send('x', 9, '127.0.0.1', () => {
        t.log(`the next send gets a port: ${socket.address().port !== 0}`);
        socket.close();
      });
    });
  });
});

scenario('disconnect/a-given-port-is-kept', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, () => {
    t.returns('bound', () => socket.address());
    socket.connect(9, '127.0.0.1', () => {
      t.returns('connected', () => socket.address());
      socket.disconnect();
      t.returns('disconnected', () => socket.address());
      socket.close();
    });
  });
});

scenario('disconnect/a-given-address-is-kept', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, '127.0.0.1', () => {
    socket.connect(9, '127.0.0.1', () => {
      socket.disconnect();
      t.returns('address', () => socket.address());
      socket.close();
    });
  });
});

scenario('disconnect/everybody-is-heard-again', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  const other = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(12345, '127.0.0.1', () => {
    socket.connect(9, '127.0.0.1', () => {
      socket.disconnect();
      other.bind(0, '127.0.0.1', () => {
        t.port(other, 'other');
        other.send('hello', 12345, '127.0.0.1');
      });
    });
  });
  socket.on('message', () => {
    socket.close();
    other.close();
  });
});

scenario('disconnect/sends-need-a-destination-again', (t) => {
  const peer = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(peer, 'peer', 'message');
  peer.bind(0, '127.0.0.1', () => {
    const { port } = peer.address();
    socket.connect(port, '127.0.0.1', () => {
      socket.disconnect();
      t.throws('send without', () => socket.send('x'));
      socket.send('with', port, '127.0.0.1', (err, bytes) => {
        t.port(socket, 'socket');
        t.sent('with', err, bytes);
      });
    });
  });
  peer.on('message', () => {
    peer.close();
    socket.close();
  });
});

scenario('disconnect/connect-again', (t) => {
  const first = dgram.createSocket('udp4');
  const second = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'connect');
  t.on(second, 'second', 'message');
  first.bind(0, '127.0.0.1', () => {
    t.port(first, 'first');
    second.bind(0, '127.0.0.1', () => {
      t.port(second, 'second');
      socket.connect(first.address().port, '127.0.0.1', () => {
        t.returns('remoteAddress', () => socket.remoteAddress());
        socket.disconnect();
        socket.connect(second.address().port, '127.0.0.1', () => {
          t.port(socket, 'socket');
          t.returns('remoteAddress', () => socket.remoteAddress());
          socket.send('hello');
        });
      });
    });
  });
  second.on('message', () => {
    first.close();
    second.close();
    socket.close();
  });
});

scenario('disconnect/in-the-connect-event', (t) => {
  // The callback of connect comes after this listener, and still comes.
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    socket.on('connect', () => {
      t.returns('disconnect', () => socket.disconnect());
    });
    socket.connect(9, '127.0.0.1', () => {
      t.throws('remoteAddress in the callback', () => socket.remoteAddress());
      socket.close();
    });
  });
});
