'use strict';

// One end of a conversation; `run` puts two of them together. peer.cpp is the same program in C++.

const dgram = require('node:dgram');

const in_flight = 16;  // datagrams of `numbered`: so few fit into any buffer
const sizes = [0, 1, 2, 512, 1472, 1473, 9000, 65506, 65507];

function fill(size) {
  return Buffer.from(Array.from({ length: size }, (_, i) => i * 7 + size & 0xff));
}

function heard(msg, rinfo) {
  console.log(`${msg} from ${rinfo.address}:${rinfo.port} ${rinfo.family}`);
}

const roles = {
  // Answers everything, as rinfo says, until the end. As a member of a group, where there is one.
  echo(type, port, group, on) {
    const socket = dgram.createSocket(type);
    socket.on('message', (msg, rinfo) => {
      let answer = msg;
      if (msg.equals(Buffer.from('who am I'))) answer = `${rinfo.address} ${rinfo.family}`;
      if (msg.equals(Buffer.from('leave'))) socket.dropMembership(group, on);
      const ends = msg.equals(Buffer.from('end'));
      socket.send(answer, rinfo.port, rinfo.address, (err) => {
        if (err) throw err;
        if (ends) socket.close();
      });
    });
    socket.on('close', () => console.log('closed'));
    socket.bind(Number(port), () => {
      if (group) socket.addMembership(group, on);
      console.log(`listening on ${socket.address().address}:${socket.address().port}`);
    });
  },

  // Says one thing, and prints the answer.
  ask(type, port, address, text) {
    const socket = dgram.createSocket(type);
    socket.on('message', (msg, rinfo) => {
      heard(msg, rinfo);
      socket.close();
    });
    socket.send(text, port, address);
  },

  // Says one thing, and waits for nothing.
  tell(type, port, address, text) {
    const socket = dgram.createSocket(type);
    socket.send(text, port, address, () => socket.close());
  },

  // Datagrams of many sizes, each as it was sent.
  sizes(type, port, address) {
    const socket = dgram.createSocket(type);
    const left = [...sizes];
    let message;
    let sent;
    function next() {
      message = fill(left[0]);
      socket.send(message, port, address, (err, bytes) => {
        if (err) throw err;
        sent = bytes;
      });
    }
    socket.on('message', (msg, rinfo) => {
      console.log(`sent ${sent}, came back ${rinfo.size}, ${msg.equals(message) ? 'the same' : 'others'}`);
      left.shift();
      if (left.length > 0) return next();
      socket.send(fill(65528), port, address, (err) => {
        console.log(err?.message ?? 'sent');
        socket.close();
      });
    });
    next();
  },

  // Many datagrams, some at a time, and none is lost.
  numbered(type, port, address, count) {
    const socket = dgram.createSocket(type);
    let sent = 0;
    let got = 0;
    function next() {
      if (sent < Number(count)) socket.send(`number ${sent++}`, port, address);
    }
    socket.on('message', (msg) => {
      if (msg.toString() !== `number ${got}`) throw new Error(`${msg} instead of number ${got}`);
      got++;
      next();
      if (got < Number(count)) return;
      console.log(`${got} came back in their order`);
      socket.close();
    });
    for (let i = 0; i < in_flight; i++) next();
  },

  // One datagram out of several buffers.
  buffers(type, port, address) {
    const socket = dgram.createSocket(type);
    const words = ['Some ', '', 'more ', 'bytes'].map((word) => Buffer.from(word));
    const left = [[words[0], words[3]], words, Array(300).fill(words[3]), [words[1]], []];
    function next() {
      socket.send(left[0], port, address, (err, bytes) => console.log(err?.message ?? `sent ${bytes}`));
    }
    socket.on('message', (msg) => {
      const same = msg.equals(Buffer.concat(left[0]));
      console.log(`came back ${msg.length}, ${same ? 'the same' : 'others'}`);
      left.shift();
      if (left.length > 0) return next();
      socket.close();
    });
    next();
  },

  // Asks a group, which then leaves, so that only the last question has an answer.
  multicast(type, port, group, on) {
    const socket = dgram.createSocket(type);
    socket.on('message', (msg, rinfo) => {
      heard(msg, rinfo);
      if (msg.equals(Buffer.from('end'))) return socket.close();
      if (!msg.equals(Buffer.from('leave'))) return socket.send('leave', port, group);
      socket.send('is anybody there', port, group);
      socket.send('end', port, rinfo.address);
    });
    socket.bind(() => {
      socket.setMulticastInterface(on);
      socket.setMulticastTTL(1);
      socket.setMulticastLoopback(false);
      socket.send('who am I', port, group);
    });
  },

  // Asks all hosts of a link, once it may.
  broadcast(type, port, address) {
    const socket = dgram.createSocket(type);
    socket.on('message', (msg, rinfo) => {
      heard(msg, rinfo);
      socket.close();
    });
    socket.bind(() => {
      socket.send('who am I', port, address, (err) => {
        console.log(err?.message ?? 'sent');
        socket.setBroadcast(true);
        socket.send('who am I', port, address);
      });
    });
  },

  // Two that are connected with each other count to 100. The second one begins.
  pair(type, own_port, port, address, begins) {
    const socket = dgram.createSocket(type);
    let got = 0;
    socket.on('connect', () => {
      const own = socket.address();
      const peer = socket.remoteAddress();
      console.log(`connected ${own.address}:${own.port} to ${peer.address}:${peer.port} ${peer.family}`);
      if (begins) socket.send('1');
    });
    socket.on('message', (msg, rinfo) => {
      got++;
      const number = Number(msg.toString());
      if (number < 100) socket.send(String(number + 1));
      if (number < 99) return;
      console.log(`got ${got} datagrams up to ${number} from ${rinfo.address}:${rinfo.port}`);
      socket.close();
    });
    socket.bind(Number(own_port), () => socket.connect(port, address));
  },
};

const [role, ...rest] = process.argv.slice(2);
roles[role](...rest);
