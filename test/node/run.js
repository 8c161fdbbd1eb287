'use strict';

// Runs scenarios, each in a process of its own. See usage below.

const dgram = require('node:dgram');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const rows = require('./rows');
const trace = require('./trace');

const usage = `run.js [name...]             prints "# name" and the trace of these scenarios, or of all
run.js --list [name...]      their names and what is special about them
run.js --repeat N [name...]  runs each N times and says where the traces differ
run.js --record [group...]   writes traces/<group>.txt
run.js --check [group...]    compares a fresh run with them
A name may be a group: "bind".`;

const at_once = 4;
const limit = 30000;  // milliseconds that a process may take: the scenario itself is limited to 5 seconds

process.noDeprecation = true;  // of what makes sockets that a child can adopt

// In JavaScript, or as rows.
const scenarios = fs.readdirSync(path.join(__dirname, 'scenarios')).sort().map((file) => path.join(__dirname, 'scenarios', file));
const groups = scenarios.map((file) => path.parse(file).name);
for (const file of scenarios) {
  if (file.endsWith('.txt')) rows.declare(file);
  else require(file);
}

// --- one process ---------------------------------------------------------------------------------

// A socket for the child to adopt, which neither reads nor is read here.
function descriptor(kind) {
  const handle = dgram._createSocketHandle('127.0.0.1', 0, 'udp4');
  if (kind === 'udp4-connected') {
    const own = {};
    handle.getsockname(own);
    handle.connect('127.0.0.1', own.port);  // itself: nobody else can be harmed
  }
  return handle;
}

const nodes = new Map([[undefined, process.execPath]]);

// The path of the Node of this version, or undefined where it cannot be had.
function node(version) {
  if (!nodes.has(version)) {
    const found = spawnSync(path.join(__dirname, 'get_node'), [version], { encoding: 'utf8' });
    nodes.set(version, found.status === 0 ? found.stdout.trim() : undefined);
  }
  return nodes.get(version);
}

// What became of one scenario: { lines }, or { skipped } with the reason why it could not run.
function run_one({ name, options }) {
  const executable = node(options.since);
  if (executable === undefined) return { skipped: `there is no Node ${options.since}` };
  const command = [executable, __filename, '--one', name];
  if (options.namespace) command.unshift(path.join(__dirname, 'in_network'));
  const handle = options.descriptor ? descriptor(options.descriptor) : undefined;
  const stdio = ['ignore', 'pipe', 'pipe', ...(handle ? [handle.fd] : [])];
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };

  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { stdio, env });
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    let output = '';
    let complaints = '';
    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { complaints += data; });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      handle?.close();
      const lines = output.split('\n').slice(0, -1);
      if (options.namespace && code === 77) return resolve({ skipped: 'no network of its own can be made' });
      if (code !== 0) {
        // Only what a scenario threw may end it so. Anything else is a fault of ours.
        if (!lines.at(-1)?.startsWith('uncaught ')) {
          return reject(new Error(`${name}: ${signal ?? code}\n${complaints}`));
        }
        lines.push(`exit code=${code}`);
      }
      resolve({ lines });
    });
  });
}

// Runs jobs, some at a time, and then calls done(job, result) for each in their order.
async function run_all(jobs, done) {
  const results = [];
  let next = 0;
  async function work() {
    while (next < jobs.length) {
      const i = next++;
      results[i] = await run_one(jobs[i]);
    }
  }
  await Promise.all(Array.from({ length: at_once }, work));
  jobs.forEach((job, i) => done(job, results[i]));
}

// --- what the options do -------------------------------------------------------------------------

function chosen(names) {
  if (names.length === 0) return trace.scenarios;
  for (const name of names) {
    if (!trace.scenarios.some((each) => is(each, name))) throw new Error(`no scenario is called ${name}`);
  }
  return trace.scenarios.filter((each) => names.some((name) => is(each, name)));
}

function is({ name }, wanted) {
  return name === wanted || name.split('/')[0] === wanted;
}

const text = ({ name }, { lines, skipped }) => [`# ${name}`, ...(lines ?? [`skipped: ${skipped}`]), ''].join('\n');
const file = (group) => path.join(__dirname, 'traces', `${group}.txt`);
const header = `Node ${process.version}\n`;

async function print(names) {
  await run_all(chosen(names), (job, result) => process.stdout.write(text(job, result)));
}

function list(names) {
  for (const { name, options } of chosen(names)) {
    const marks = Object.entries(options).map(([key, value]) => (value === true ? `[${key}]` : `[${key}: ${value}]`));
    console.log([name, ...marks].join(' '));
  }
}

async function repeat(times, names) {
  let different = 0;
  const jobs = chosen(names).flatMap((job) => Array(times).fill(job));
  const seen = new Map();  // name -> trace -> how often
  const skipped = new Set();
  await run_all(jobs, (job, result) => {
    if (result.skipped) skipped.add(job.name);
    const traces = seen.get(job.name) ?? new Map();
    seen.set(job.name, traces.set(text(job, result), (traces.get(text(job, result)) ?? 0) + 1));
  });
  for (const [name, traces] of seen) {
    if (traces.size === 1) continue;
    different++;
    console.log(`${name} has ${traces.size} traces:`);
    for (const [each, count] of traces) console.log(`${count} times\n${each}`);
  }
  console.log(`${seen.size} scenarios, ${times} times each: ${different} differ, ${skipped.size} skipped`);
  process.exitCode = different > 0 ? 1 : 0;
}

async function record(names) {
  for (const group of names.length > 0 ? names : groups) {
    let content = header;
    await run_all(chosen([group]), (job, result) => {
      if (result.skipped || result.lines.includes('HUNG')) throw new Error(text(job, result));
      content += text(job, result);
    });
    fs.writeFileSync(file(group), content);
  }
}

// In the recorded text, what could not be run is replaced by what was printed for it.
async function check(names) {
  let stale = 0;
  let ran = 0;
  const left_out = new Map();  // why -> how many
  for (const group of names.length > 0 ? names : groups) {
    let fresh = header;
    let recorded = fs.existsSync(file(group)) ? fs.readFileSync(file(group), 'utf8') : '';
    await run_all(chosen([group]), (job, result) => {
      if (result.skipped) {
        left_out.set(result.skipped, (left_out.get(result.skipped) ?? 0) + 1);
        const old = recorded.match(new RegExp(`^# ${job.name}\n(?:[^#].*\n)*`, 'm'));
        if (old) recorded = recorded.replace(old[0], () => text(job, result));
      } else {
        ran++;
      }
      fresh += text(job, result);
    });
    if (fresh === recorded) continue;
    stale++;
    const labels = ['--label', `traces/${group}.txt`, '--label', 'this run'];
    const options = { input: fresh, encoding: 'utf8' };
    const old = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'dgram-')), group);
    fs.writeFileSync(old, recorded);
    console.log(spawnSync('diff', ['-u', ...labels, old, '-'], options).stdout);
    fs.rmSync(path.dirname(old), { recursive: true });
  }
  for (const found of fs.readdirSync(path.dirname(file('x')))) {
    if (groups.includes(path.basename(found, '.txt'))) continue;
    stale++;
    console.log(`traces/${found} belongs to no scenarios`);
  }
  for (const [why, count] of left_out) console.log(`${count} scenarios skipped: ${why}`);
  console.log(`${ran} scenarios ran, ${stale} files are stale`);
  process.exitCode = stale > 0 ? 1 : 0;
}

const [option, ...rest] = process.argv.slice(2);
switch (option) {
  case '--one': trace.run(rest[0]); break;
  case '--list': list(rest); break;
  case '--repeat': repeat(Number(rest[0]), rest.slice(1)); break;
  case '--record': record(rest); break;
  case '--check': check(rest); break;
  case '-h': case '--help': console.log(usage); break;
  default: print(process.argv.slice(2));
}
