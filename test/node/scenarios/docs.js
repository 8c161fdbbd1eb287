'use strict';

// The examples of Node's documentation, with ports that the kernel chooses.

const dgram = require('node:dgram');
const { scenario } = require('../trace');

scenario('docs/server', (t) => {
  const server = dgram.createSocket('udp4');
  const client = dgram.createSocket('udp4');

  server.on('error', (err) => {
    t.error('server', err);
    server.close();
  });

  server.on('message', (msg, rinfo) => {
    t.log(`server got: ${msg} from ${rinfo.address}`);
    server.close();
    client.close();
  });

  server.on('listening', () => {
    const address = server.address();
    t.log(`server listening ${address.address}`);
    client.send('hello', address.port, 'localhost');
  });

  server.bind(0);
});

scenario('docs/server-error', (t) => {
  const server = dgram.createSocket('udp4');

  server.on('error', (err) => {
    t.error('server', err);
    server.close();
  });

  server.on('listening', () => t.log('never called'));

  server.bind(0, '192.0.2.1');
});

scenario('docs/client', (t) => {
  const server = dgram.createSocket('udp4');
  server.on('message', (msg) => {
    t.log(`server got: ${msg}`);
    server.close();
  });
  server.bind(0, () => {
    const message = Buffer.from('Some bytes');
    const client = dgram.createSocket('udp4');
    client.send(message, server.address().port, 'localhost', (err) => {
      t.log(`error: ${err}`);
      client.close();
    });
  });
});

scenario('docs/client-with-buffers', (t) => {
  const server = dgram.createSocket('udp4');
  server.on('message', (msg) => {
    t.log(`server got: ${msg}`);
    server.close();
  });
  server.bind(0, () => {
    const buf1 = Buffer.from('Some ');
    const buf2 = Buffer.from('bytes');
    const client = dgram.createSocket('udp4');
    client.send([buf1, buf2], server.address().port, (err) => {
      t.log(`error: ${err}`);
      client.close();
    });
  });
});

scenario('docs/connected-client', (t) => {
  const server = dgram.createSocket('udp4');
  server.on('message', (msg) => {
    t.log(`server got: ${msg}`);
    server.close();
  });
  server.bind(0, () => {
    const message = Buffer.from('Some bytes');
    const client = dgram.createSocket('udp4');
    client.connect(server.address().port, 'localhost', (err) => {
      t.log(`connected: ${err}`);
      client.send(message, (err) => {
        t.log(`sent: ${err}`);
        client.close();
      });
    });
  });
});

scenario('docs/exclusive', (t) => {
  const socket = dgram.createSocket('udp4');
  socket.on('listening', () => {
    t.port(socket, 'socket');
    t.returns('address', () => socket.address());
    socket.close();
  });
  socket.bind({
    address: 'localhost',
    port: 0,
    exclusive: true,
  });
});

scenario('docs/abort', (t) => {
  const controller = new AbortController();
  const { signal } = controller;
  const server = dgram.createSocket({ type: 'udp4', signal });
  server.on('message', (msg, rinfo) => t.message('server', msg, rinfo));
  server.on('close', () => t.log('close'));
  // Later, when you want to close the server.
  controller.abort();
});

scenario('docs/multicast-interface', { namespace: true }, (t) => {
  const six = dgram.createSocket('udp6');
  six.bind(12345, () => {
    t.returns('udp6', () => six.setMulticastInterface('::%eth1'));
    six.close();
  });
  const four = dgram.createSocket('udp4');
  four.bind(23456, () => {
    t.returns('udp4', () => four.setMulticastInterface('10.0.1.1'));
    four.close();
  });
});

scenario('docs/membership', { namespace: true }, (t) => {
  t.ip('route', 'add', '224.0.0.0/4', 'dev', 'eth0');
  const socket = dgram.createSocket('udp4');
  socket.bind(1234, () => {
    t.returns('addMembership', () => socket.addMembership('224.0.0.114'));
    socket.close();
  });
});
