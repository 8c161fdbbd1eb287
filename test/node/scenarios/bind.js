'use strict';

// bind: its forms, what it reports and when, which address and port a socket gets. Failures are in bind_errors.js,
// descriptors in fd.js.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('bind/returns-the-socket', (t) => {
  const socket = dgram.createSocket('udp4');
  t.returns('bind', () => socket.bind(0, '127.0.0.1'));
  socket.on('listening', () => socket.close());
});

scenario('bind/without-arguments', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
  socket.bind();
});

scenario('bind/only-a-callback', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(() => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/port-and-callback', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/port-address-and-callback', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/options', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind({ port: 0, address: '127.0.0.1' }, () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/empty-options', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind({}, () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/exclusive', (t) => {
  // Without a cluster this changes nothing.
  const socket = dgram.createSocket('udp4');
  socket.bind({ port: 0, address: '127.0.0.1', exclusive: true }, () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/callback-has-no-arguments', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', function (...args) {
    t.log(`${args.length} arguments, this is the socket: ${this === socket}`);
    socket.close();
  });
});

scenario('bind/callback-is-a-listener', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => t.log('listener before'));
  socket.bind(0, '127.0.0.1', () => {
    t.log('callback');
    t.returns('listeners in the callback', () => socket.listenerCount('listening'));
    socket.close();
  });
  t.returns('listeners after bind', () => socket.listenerCount('listening'));
  socket.on('listening', () => t.log('listener after'));
});

scenario('bind/listening-is-emitted-once', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'message', 'close');
  socket.bind(0, '127.0.0.1');
  socket.once('listening', () => {
    t.port(socket, 'socket');
    socket.send('x', socket.address().port, '127.0.0.1');
  });
  socket.on('message', () => socket.close());
});

scenario('bind/default-address-of-udp6', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.bind(0, () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/empty-address', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '', () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/a-name', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, 'localhost', () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/given-port', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(12345, '127.0.0.1', () => {
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/port-is-truncated', { namespace: true, trap: 'a port is not checked but cut to 16 bits' }, (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(70000, '127.0.0.1', () => {
    t.returns('70000', () => socket.address());
    socket.close();
    const next = dgram.createSocket('udp4');
    next.bind(-60536, '127.0.0.1', () => {
      t.returns('-60536', () => next.address());
      next.close();
      const last = dgram.createSocket('udp4');
      last.bind(65536, '127.0.0.1', () => {
        t.log(`65536 is any port: ${last.address().port >= 32768}`);
        last.close();
      });
    });
  });
});

scenario('bind/link-local-address', { namespace: true }, (t) => {
  const socket = dgram.createSocket('udp6');
  socket.bind(12345, 'fe80::ff:fe00:1%eth0', () => {
    t.returns('address', () => socket.address());
    socket.close();
  });
});

scenario('bind/while-binding', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => t.log('first callback'));
  t.throws('bind', () => socket.bind(0, '127.0.0.1', () => t.log('never called')));
  socket.on('listening', () => {
    t.returns('listeners', () => socket.listenerCount('listening'));
    socket.close();
  });
});

scenario('bind/when-bound', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'error', 'close');
  socket.bind(0, '127.0.0.1', () => {
    t.throws('bind in the callback', () => socket.bind(0, '127.0.0.1'));
    setImmediate(() => {
      t.throws('bind later', () => socket.bind(0, '127.0.0.1'));
      socket.close();
    });
  });
});

scenario('bind/nothing-works-before-listening', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    t.returns('address in the callback', () => socket.address());
    socket.close();
  });
  t.throws('address', () => socket.address());
  t.throws('setTTL', () => socket.setTTL(16));
});

scenario('bind/receives-from-listening-on', (t) => {
  // Sent in the first listener of 'listening', before there is a listener of 'message'.
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => {
    t.port(socket, 'socket');
    socket.send('x', socket.address().port, '127.0.0.1');
  });
  socket.on('listening', () => {
    socket.on('message', (msg, rinfo) => {
      t.message('socket', msg, rinfo);
      socket.close();
    });
  });
  socket.bind(0, '127.0.0.1');
});

scenario('bind/two-sockets', (t) => {
  const a = dgram.createSocket('udp4');
  const b = dgram.createSocket('udp4');
  t.on(a, 'a', 'listening', 'message', 'close');
  t.on(b, 'b', 'listening', 'message', 'close');
  a.bind(0, '127.0.0.1');
  b.bind(0, '127.0.0.1', () => {
    t.port(a, 'a');
    t.port(b, 'b');
    a.send('question', b.address().port, '127.0.0.1');
  });
  b.on('message', (msg, rinfo) => b.send('answer', rinfo.port, rinfo.address));
  a.on('message', () => {
    a.close();
    b.close();
  });
});
