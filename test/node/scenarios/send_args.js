'use strict';

// The arguments of send: its forms with and without a connection, what it takes for a message, offsets and lengths, and
// what it refuses.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('send_args/port', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, () => {
    t.port(socket, 'socket');
    t.returns('send', () => socket.send('port only', socket.address().port));
  });
  socket.on('message', () => socket.close());
});

scenario('send_args/port-and-address', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send('port and address', socket.address().port, '127.0.0.1');
  });
  socket.on('message', () => socket.close());
});

scenario('send_args/port-and-callback', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, () => {
    t.port(socket, 'socket');
    socket.send('port and callback', socket.address().port, (err, bytes) => t.sent('it', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send_args/port-address-and-callback', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.send('all', socket.address().port, '127.0.0.1', (err, bytes) => t.sent('it', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send_args/offset-and-length', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  const sent = (err, bytes) => t.sent('it', err, bytes);
  let messages = 0;
  socket.bind(0, () => {
    t.port(socket, 'socket');
    const { port } = socket.address();
    socket.send(Buffer.from('0123456789'), 0, 3, port);
    socket.send(Buffer.from('0123456789'), 2, 4, port, '127.0.0.1');
    socket.send(Buffer.from('0123456789'), 9, 1, port, '127.0.0.1', sent);
    socket.send(Buffer.from('0123456789'), 5, 5, port, sent);
  });
  socket.on('message', () => {
    if (++messages === 4) socket.close();
  });
});

scenario('send_args/empty-address', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, () => {
    t.port(socket, 'socket');
    socket.send('x', socket.address().port, '', (err, bytes) => t.sent('it', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send_args/connected', (t) => {
  const peer = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(peer, 'peer', 'message');
  let messages = 0;
  peer.bind(0, '127.0.0.1', () => {
    socket.connect(peer.address().port, '127.0.0.1', () => {
      t.port(socket, 'socket');
      t.returns('send', () => socket.send('message'));
      socket.send('callback', (err, bytes) => t.sent('callback', err, bytes));
      socket.send(Buffer.from('0123456789'), 2, 3);
      socket.send(Buffer.from('0123456789'), 4, 2, (err, bytes) => t.sent('part', err, bytes));
    });
  });
  peer.on('message', () => {
    if (++messages < 4) return;
    peer.close();
    socket.close();
  });
});

scenario('send_args/connected-with-destination', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => {
    const never = () => t.log('never called');
    t.throws('port, address and callback', () => socket.send('x', 10, '127.0.0.1', never));
    t.throws('part, port', () => socket.send(Buffer.from('x'), 0, 1, 10));
    t.throws('part, port and address', () => socket.send(Buffer.from('x'), 0, 1, 10, '127.0.0.1'));
    t.throws('part, port, address and callback', () => socket.send(Buffer.from('x'), 0, 1, 10, '127.0.0.1', never));
    socket.close();
  });
});

scenario('send_args/connected-ignores-destination', { trap: 'without a callback a destination is ignored' }, (t) => {
  const peer = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(peer, 'peer', 'message');
  let messages = 0;
  peer.bind(0, '127.0.0.1', () => {
    socket.connect(peer.address().port, '127.0.0.1', () => {
      t.port(socket, 'socket');
      t.returns('port', () => socket.send('to a port', 10));
      t.returns('port and address', () => socket.send('to an address', 10, '127.0.0.1'));
    });
  });
  peer.on('message', () => {
    if (++messages < 2) return;
    peer.close();
    socket.close();
  });
});

scenario('send_args/connected-forgets-callback', { trap: 'behind a port, the callback is not called' }, (t) => {
  const peer = dgram.createSocket('udp4');
  const socket = dgram.createSocket('udp4');
  t.on(peer, 'peer', 'message');
  peer.bind(0, '127.0.0.1', () => {
    socket.connect(peer.address().port, '127.0.0.1', () => {
      t.port(socket, 'socket');
      socket.send('x', 10, () => t.log('never called'));
    });
  });
  peer.on('message', () => {
    t.settle(() => {
      peer.close();
      socket.close();
    });
  });
});

scenario('send_args/no-destination', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error', 'close');
  t.throws('unbound', () => socket.send('x'));
  t.throws('part', () => socket.send(Buffer.from('hello'), 0, 5));
  socket.close();
});

scenario('send_args/bad-ports', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error', 'close');
  t.throws('0', () => socket.send('x', 0, '127.0.0.1'));
  t.throws('65536', () => socket.send('x', 65536, '127.0.0.1'));
  t.throws('-1', () => socket.send('x', -1, '127.0.0.1'));
  t.throws('part to 65536', () => socket.send(Buffer.from('x'), 0, 1, 65536, '127.0.0.1'));
  t.throws('part to -1', () => socket.send(Buffer.from('x'), 0, 1, -1, '127.0.0.1'));
  socket.close();
});

scenario('send_args/out-of-bounds', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'listening', 'error', 'close');
  const five = Buffer.from('hello');
  t.throws('offset', () => socket.send(five, 6, 0, 9, '127.0.0.1'));
  t.throws('length', () => socket.send(five, 0, 6, 9, '127.0.0.1'));
  t.throws('both', () => socket.send(five, 3, 3, 9, '127.0.0.1'));
  t.throws('negative offset', () => socket.send(five, -1, 1, 9, '127.0.0.1'));
  t.throws('negative length', () => socket.send(five, 1, -1, 9, '127.0.0.1'));
  socket.close();
});

scenario('send_args/out-of-bounds-when-connected', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.connect(9, '127.0.0.1', () => {
    t.throws('offset', () => socket.send(Buffer.from('hello'), 6, 0));
    t.throws('length', () => socket.send(Buffer.from('hello'), 0, 6));
    socket.close();
  });
});

scenario('send_args/bounds-come-first', (t) => {
  // The order of the checks: bounds, then the connection or the port, then whether the socket is closed.
  const socket = dgram.createSocket('udp4');
  t.throws('bad bounds and port', () => socket.send(Buffer.from('hello'), 6, 1, 65536, '127.0.0.1'));
  socket.connect(9, '127.0.0.1', () => {
    t.throws('connected, bad bounds', () => socket.send(Buffer.from('hello'), 6, 1, 65536, '127.0.0.1'));
    t.throws('connected, bad port', () => socket.send(Buffer.from('hello'), 0, 1, 65536, '127.0.0.1'));
    socket.close();
  });
});

scenario('send_args/bad-arguments-of-a-closed-socket', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.close();
  t.throws('bounds', () => socket.send(Buffer.from('hello'), 6, 1, 9, '127.0.0.1'));
  t.throws('port', () => socket.send('x', 0, '127.0.0.1'));
  t.throws('nothing wrong', () => socket.send('x', 9, '127.0.0.1'));
});

scenario('send_args/messages', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  let messages = 0;
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(socket.address().port, '127.0.0.1', () => {
      socket.send('a string');
      socket.send('größer');
      socket.send(Buffer.from('a buffer'));
      socket.send(new Uint8Array([98, 121, 116, 101, 115]));
      socket.send(new Uint16Array([0x6161, 0x6262]), (err, bytes) => t.sent('two of 16 bits', err, bytes));
      socket.send(new DataView(new Uint8Array([97, 32, 118, 105, 101, 119]).buffer, 2));
      socket.send(['a ', Buffer.from('list'), new Uint8Array([33])]);
    });
  });
  socket.on('message', () => {
    if (++messages === 7) socket.close();
  });
});

scenario('send_args/bytes-of-a-string', (t) => {
  // Offset and length count bytes, not characters.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const { port } = socket.address();
    t.throws('length', () => socket.send('ööö', 0, 7, port, '127.0.0.1'));
    socket.send('ööö', 2, 4, port, '127.0.0.1', (err, bytes) => t.sent('it', err, bytes));
  });
  socket.on('message', () => socket.close());
});

scenario('send_args/empty', (t) => {
  // All of them send one datagram that has no bytes.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  let messages = 0;
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    socket.connect(socket.address().port, '127.0.0.1', () => {
      socket.send('', (err, bytes) => t.sent('string', err, bytes));
      socket.send(Buffer.alloc(0), (err, bytes) => t.sent('buffer', err, bytes));
      socket.send([], (err, bytes) => t.sent('list', err, bytes));
      socket.send([Buffer.alloc(0), Buffer.alloc(0)], (err, bytes) => t.sent('list of empties', err, bytes));
      socket.send(Buffer.from('hello'), 2, 0, (err, bytes) => t.sent('length 0', err, bytes));
      socket.send(Buffer.from('hello'), 5, 0, (err, bytes) => t.sent('nothing at the end', err, bytes));
    });
  });
  socket.on('message', () => {
    if (++messages === 6) socket.close();
  });
});

scenario('send_args/empty-unconnected', (t) => {
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  let messages = 0;
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const { port } = socket.address();
    socket.send('', port, '127.0.0.1', (err, bytes) => t.sent('string', err, bytes));
    socket.send([], port, '127.0.0.1', (err, bytes) => t.sent('list', err, bytes));
    socket.send(Buffer.from('hello'), 0, 0, port, '127.0.0.1', (err, bytes) => t.sent('length 0', err, bytes));
  });
  socket.on('message', () => {
    if (++messages === 3) socket.close();
  });
});

scenario('send_args/sendto', (t) => {
  // Not documented: send with all arguments.
  const socket = dgram.createSocket('udp4');
  t.on(socket, 'socket', 'message');
  socket.bind(0, '127.0.0.1', () => {
    t.port(socket, 'socket');
    const { port } = socket.address();
    t.throws('bounds', () => socket.sendto(Buffer.from('hello'), 6, 1, port, '127.0.0.1'));
    t.throws('port', () => socket.sendto(Buffer.from('hello'), 1, 3, 0, '127.0.0.1'));
    socket.sendto(Buffer.from('hello'), 1, 3, port, '127.0.0.1', (err, bytes) => t.sent('it', err, bytes));
  });
  socket.on('message', () => socket.close());
});
