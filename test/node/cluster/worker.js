'use strict';

// A worker that does what it is told, a line at a time, and answers each with a line: README.md has the commands.

const dgram = require('node:dgram');

const sockets = new Map();
const stray = [];

const flags = { reuseAddr: 'reuseAddr', ipv6Only: 'ipv6Only', reusePort: 'reusePort' };

// Makes a socket, or finds it.
function socket_for(name, type, words) {
  if (sockets.has(name)) return sockets.get(name);
  const options = { type };
  for (const word of words) if (word in flags) options[word] = true;
  const socket = dgram.createSocket(options);
  socket.messages = 0;
  socket.on('message', (msg, rinfo) => {
    socket.messages += 1;
    socket.send(`${process.pid} ${msg}`, rinfo.port, rinfo.address);
  });
  sockets.set(name, socket);
  return socket;
}

// Calls f once, with what comes first; what comes when nobody asks is stray.
function next(name, socket, f) {
  const listeners = {};
  function done(text) {
    for (const event in listeners) socket.off(event, listeners[event]);
    watch(name, socket);
    f(text);
  }
  unwatch(socket);
  listeners.listening = () => {
    const { address, port } = socket.address();
    done(`listening ${address} ${port}`);
  };
  listeners.error = (err) => done(`error ${err.message}`);
  listeners.close = () => done('close');
  for (const event in listeners) socket.on(event, listeners[event]);
}
function watch(name, socket) {
  unwatch(socket);
  socket.watchers = {
    listening: () => stray.push(`${name} listening`),
    error: (err) => stray.push(`${name} error ${err.message}`),
    close: () => stray.push(`${name} close`),
  };
  for (const event in socket.watchers) socket.on(event, socket.watchers[event]);
}
function unwatch(socket) {
  for (const event in socket.watchers ?? {}) socket.off(event, socket.watchers[event]);
  socket.watchers = {};
}

function bind_options(words) {
  const [address, port] = words;
  const options = { address, port: Number(port), exclusive: words.includes('exclusive') };
  const fd = words.find((word) => word.startsWith('fd='));
  return fd ? { fd: Number(fd.slice(3)), exclusive: options.exclusive } : options;
}

function returned(f) {
  try {
    return `${f()}`;
  } catch (err) {
    return `threw ${err.message}`;
  }
}

const commands = {
  bind(answer, name, type, ...words) {
    const socket = socket_for(name, type, words);
    next(name, socket, answer);
    const result = returned(() => socket.bind(bind_options(words)));
    if (result.startsWith('threw')) answer(result);
  },
  'bind-and-close'(answer, name, type, ...words) {
    const socket = socket_for(name, type, words);
    socket.bind(bind_options(words));
    next(name, socket, answer);
    // The lookup is over, and the primary has been asked.
    process.nextTick(() => process.nextTick(() => { socket.close(); }));
  },
  'bind-in-turn'(answer, name, type, ...words) {
    const socket = socket_for(name, type, words);
    const seen = [];
    next(name, socket, () => {
      seen.push('listening');
      answer(seen.join(' '));
    });
    socket.bind(bind_options(words));
    process.nextTick(() => seen.push('tick'));
  },
  close(answer, name) {
    next(name, sockets.get(name), answer);
    sockets.get(name).close();
    sockets.delete(name);
  },
  address: (answer, name) => answer(returned(() => sockets.get(name).address().port)),
  remote: (answer, name) => answer(returned(() => sockets.get(name).remoteAddress().port)),
  join: (answer, name, group, own) => answer(returned(() => sockets.get(name).addMembership(group, own))),
  'set-recv-buffer': (answer, name, size) => answer(returned(() => sockets.get(name).setRecvBufferSize(Number(size)))),
  'recv-buffer': (answer, name) => answer(returned(() => sockets.get(name).getRecvBufferSize())),
  connect(answer, name, type, port) {
    const socket = socket_for(name, type, []);
    const address = type === 'udp6' ? '::1' : '127.0.0.1';
    socket.connect(Number(port), address, (err) => answer(err ? `error ${err.message}` : 'connect'));
  },
  send(answer, name, type, port, text) {
    const socket = socket_for(name, type, []);
    socket.send(text, Number(port), '127.0.0.1', (err) => {
      answer(err ? `error ${err.message}` : `sent from ${socket.address().port}`);
    });
  },
  stray: (answer) => answer(stray.splice(0).join(', ') || 'nothing'),
  disconnect(answer) {
    answer('leaves');
    require('node:cluster').worker.disconnect();
  },
  exit(answer, code) { process.exit(Number(code)); },
};

process.on('message', (line) => {
  const [command, ...words] = line.split(' ');
  commands[command]((text) => process.send(text), ...words);
});
