// Drives the page in a real browser: a fake microphone plays a WAV once, then the same WAV is given as a file.
//
//   node page.mjs --server http://127.0.0.1:8765 --wav FILE --expected EXPECTED.json --chromium /usr/bin/chromium
//                 --screenshots DIR [--playwright DIR] [--axe axe.min.js]
//
// EXPECTED.json is an array of {start, end, emotion}, the segments of speech in the WAV (seconds). The WAV should begin
// and end with a second of silence. playwright-core is taken from --playwright (the folder of the package) or found
// through NODE_PATH. Exits with 0 where every claim holds, with 1 and plain sentences otherwise.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const LIVE_TOLERANCE_SECONDS = 0.15;
const OTHER_EMOTIONS_ALLOWED = 1;

const { values: given } = parseArgs({
  options: Object.fromEntries(
    ['server', 'wav', 'expected', 'chromium', 'screenshots', 'playwright', 'axe'].map((name) => [name, { type: 'string' }]),
  ),
});
for (const name of ['server', 'wav', 'expected', 'chromium', 'screenshots']) {
  if (!given[name]) {
    console.error(`--${name} is missing.`);
    process.exit(1);
  }
}

async function playwright() {
  const folder = given.playwright
    ?? (process.env.NODE_PATH ?? '').split(':').filter(Boolean).map((path) => join(path, 'playwright-core')).find(existsSync);
  if (folder) {
    const loaded = createRequire(import.meta.url)(resolve(folder));
    return loaded.chromium;
  }
  return (await import('playwright-core')).chromium;
}

const failures = [];
const claim = (holds, words) => {
  console.log(`${holds ? 'holds' : 'FAILS'}: ${words}`);
  if (!holds) failures.push(words);
};

/** Seconds of sound in a WAV. */
function duration(path) {
  const bytes = readFileSync(path);
  let rate = 0;
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === 'fmt ') rate = bytes.readUInt32LE(at + 16); // bytes for each second
    if (name === 'data') return Math.min(size, bytes.length - at - 8) / rate;
    at += 8 + size + (size % 2);
  }
  throw new Error(`${path} is not a WAV file with samples.`);
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const speechOf = (segments) => segments.filter((segment) => segment.speech !== false);

/** The segments that the page lists, by its button “Download JSON”. */
async function download(page) {
  const [file] = await Promise.all([
    page.waitForEvent('download', { timeout: 20000 }), page.getByRole('button', { name: 'Download JSON' }).click(),
  ]);
  return JSON.parse(readFileSync(await file.path(), 'utf8'));
}

async function downloadCsv(page) {
  const [file] = await Promise.all([
    page.waitForEvent('download', { timeout: 20000 }), page.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  return readFileSync(await file.path(), 'utf8');
}

function compareLive(found, expected) {
  claim(found.length === expected.length, `The microphone gives ${expected.length} segments of speech (found ${found.length}).`);
  if (found.length !== expected.length || !found.length) return;
  const offset = median(found.map((segment, index) => segment.start - expected[index].start));
  console.log(`       The microphone's time is ${offset.toFixed(3)} s against the file's.`);
  found.forEach((segment, index) => {
    for (const edge of ['start', 'end']) {
      const away = segment[edge] - offset - expected[index][edge];
      claim(Math.abs(away) <= LIVE_TOLERANCE_SECONDS, `The ${edge} of live segment ${index} is within ${LIVE_TOLERANCE_SECONDS} s (${away.toFixed(3)} s away).`);
    }
  });
  const other = found.filter((segment, index) => segment.emotion !== expected[index].emotion);
  claim(other.length <= OTHER_EMOTIONS_ALLOWED, `At most ${OTHER_EMOTIONS_ALLOWED} live segment has another emotion than expected (${other.length} have: ${found.map((s, i) => `${s.emotion}/${expected[i].emotion}`).join(' ')}).`);
}

function compareFile(found, expected) {
  claim(found.length === expected.length, `The file gives ${expected.length} segments of speech (found ${found.length}).`);
  const same = (a, b) => Math.abs(a - b) < 1e-6;
  found.slice(0, expected.length).forEach((segment, index) => {
    const wanted = expected[index];
    claim(
      same(segment.start, wanted.start) && same(segment.end, wanted.end) && segment.emotion === wanted.emotion,
      `File segment ${index} is ${wanted.start} to ${wanted.end} ${wanted.emotion} (found ${segment.start} to ${segment.end} ${segment.emotion}).`,
    );
  });
}

/** Every control is reached by the Tab key, visibly, and the focus leaves the page again. */
async function walkByKeyboard(page, where) {
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  const wanted = await page.evaluate(() => {
    const shown = (element) => element.checkVisibility() && !element.disabled;
    const controls = [...document.querySelectorAll('a[href], button, select, input, [tabindex="0"]')].filter(shown);
    // Of a group of radio buttons one is reached by Tab, the others by the arrow keys.
    const reached = controls.filter((element) => element.type !== 'radio' || element.checked);
    reached.forEach((element, index) => { element.dataset.walk = String(index); });
    return reached.map((element) => element.id || element.textContent.trim().slice(0, 40) || element.name);
  });
  const seen = new Set();
  const unseen = [];
  for (let step = 0; step < wanted.length + 3; step++) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const marked = element.type === 'radio' ? element.nextElementSibling : element;
      const style = getComputedStyle(marked);
      const box = marked.getBoundingClientRect();
      return {
        walk: element.dataset.walk,
        visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.bottom > 0 && box.top < innerHeight,
      };
    });
    if (!focus) continue;
    if (focus.walk !== undefined) {
      seen.add(Number(focus.walk));
      if (!focus.visible) unseen.push(wanted[Number(focus.walk)]);
    }
  }
  const missed = wanted.filter((_, index) => !seen.has(index));
  claim(missed.length === 0, `The Tab key reaches all ${wanted.length} controls ${where}${missed.length ? ` (not: ${missed.join(', ')})` : ''}.`);
  claim(unseen.length === 0, `The focus is visible ${where}${unseen.length ? ` (not on: ${unseen.join(', ')})` : ''}.`);
}

async function checkAccessibility(context, page, where) {
  if (!given.axe) return;
  // The page's policy forbids foreign scripts, so axe comes in by the debugger.
  const source = readFileSync(given.axe, 'utf8');
  const debug = await context.newCDPSession(page);
  await debug.send('Runtime.evaluate', { expression: source });
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  await debug.detach();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  for (const { id, impact, nodes } of violations) console.log(`       axe: ${impact} ${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
  claim(grave.length === 0, `axe-core finds nothing serious ${where}${grave.length ? ` (${grave.map(({ id }) => id).join(', ')})` : ''}.`);
}

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

mkdirSync(given.screenshots, { recursive: true });
const shot = (page, name, fullPage = true) => page.screenshot({ path: join(given.screenshots, `${name}.png`), fullPage });
const wav = resolve(given.wav);
const expected = JSON.parse(readFileSync(given.expected, 'utf8'));
const chromium = await playwright();
const browser = await chromium.launch({
  executablePath: given.chromium,
  args: [
    '--no-sandbox', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${wav}%noloop`,
  ],
});

const complaints = []; // the browser's
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', permissions: ['microphone'] });
  const page = await context.newPage();
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(given.server.replace(/\/$/, '')) && !/^(blob|data):/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });

  await page.goto(given.server);
  await page.locator('#model', { hasText: /^Model / }).waitFor({ timeout: 20000 });
  claim(await page.title() === 'Earnest', 'The title is Earnest.');
  await walkByKeyboard(page, 'at the beginning');
  await checkAccessibility(context, page, 'at the beginning');

  // The microphone.
  await page.getByRole('button', { name: 'Start the microphone' }).click();
  await page.locator('#status', { hasText: 'Listening' }).waitFor({ timeout: 20000 });
  const length = duration(wav);
  await page.waitForTimeout(length * 600);
  await shot(page, 'live-light-wide');
  claim(await page.locator('#interval').textContent() !== '–', 'The latency is shown while the microphone is heard.');
  claim(/[1-9]/.test(await page.locator('#heard').textContent()), 'The time that was heard is shown.');
  await page.waitForTimeout(length * 400 + 2500);
  await page.getByRole('button', { name: 'Stop the microphone' }).click();
  await page.locator('#status', { hasText: 'The session heard' }).waitFor({ timeout: 30000 });
  claim(/^0[.,]0\s?s$/.test((await page.locator('#lost').textContent()).trim()), 'No sound was lost.');
  const live = await download(page);
  compareLive(speechOf(live), expected);
  claim(await page.locator('#table tbody tr').count() === live.length, 'The list has a row for each segment of the download.');
  const csv = (await downloadCsv(page)).trim().split('\n');
  claim(csv[0].startsWith('file,start,end,speech,emotion,reason,certainty,'), `The CSV has the columns of the server (${csv[0]}).`);
  claim(csv.length === live.length + 1, 'The CSV has a line for each segment.');
  await page.getByRole('button', { name: 'Clear the list' }).click();

  // The same as a file, chosen.
  await page.locator('#file').setInputFiles(wav);
  await page.locator('#table tbody tr').first().waitFor({ timeout: 120000 });
  const chosen = await download(page);
  compareFile(speechOf(chosen), expected);
  claim(chosen.every(({ file }) => file === basename(wav)), 'Each segment names its file.');
  claim(chosen.every((segment, index) => index === 0 || segment.start === chosen[index - 1].end), 'The segments cover the file without holes.');
  claim(chosen.filter(({ speech }) => !speech).every(({ emotion, reason }) => (emotion ?? 'none') === 'none' && reason), 'Where nothing is answered, “none” and a reason are given.');
  await shot(page, 'file-light-wide');
  await page.getByRole('button', { name: 'Clear the list' }).click();

  // And dropped.
  const bytes = readFileSync(wav).toString('base64');
  const transfer = await page.evaluateHandle(({ bytes: text, name }) => {
    const made = new DataTransfer();
    made.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name, { type: 'audio/wav' }));
    return made;
  }, { bytes, name: basename(wav) });
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  await page.locator('#table tbody tr').first().waitFor({ timeout: 120000 });
  claim(JSON.stringify(await download(page)) === JSON.stringify(chosen), 'A dropped file gives the same as a chosen one.');

  await walkByKeyboard(page, 'with a list');
  await checkAccessibility(context, page, 'in light colours');

  // What is no sound at all is refused in the server's words.
  await page.locator('#file').setInputFiles({ name: 'words.wav', mimeType: 'audio/wav', buffer: Buffer.from('These are words and no sound.') });
  await page.getByRole('alert').filter({ hasText: 'words.wav' }).waitFor({ timeout: 20000 });
  claim(true, 'A file that is no sound is refused with a reason.');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  const refused = complaints.findIndex((text) => /status of 4\d\d/.test(text)); // the browser's own line about it
  if (refused >= 0) complaints.splice(refused, 1);

  // Dark, by the switch and by the system.
  await page.locator('#file').setInputFiles(wav);
  await page.locator('#timeline').waitFor({ timeout: 120000 });
  const turns = (dark) => page.waitForFunction(
    (wanted) => document.documentElement.dataset.theme === wanted, dark ? 'dark' : 'light', { timeout: 5000 },
  );
  const brightness = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3);
  claim(await brightness() > 200, 'The light page is light.');
  await page.getByText('Dark', { exact: true }).click();
  claim(await brightness() < 60, 'The switch makes the page dark.');
  await checkAccessibility(context, page, 'in dark colours');
  await shot(page, 'file-dark-wide');
  await page.getByText('System', { exact: true }).click();
  await page.emulateMedia({ colorScheme: 'dark' });
  await turns(true);
  claim(await brightness() < 60, 'The page is dark where the system is.');
  await page.emulateMedia({ colorScheme: 'light' });
  await turns(false);
  claim(await brightness() > 200, 'The page is light where the system is.');

  // A telephone.
  await page.setViewportSize({ width: 360, height: 740 });
  await page.waitForTimeout(300);
  const over = await sideways(page);
  claim(over <= 0, `A page 360 pixels wide does not scroll sideways (${over} too wide).`);
  await shot(page, 'file-light-phone');
  await checkAccessibility(context, page, 'on a telephone');
  await walkByKeyboard(page, 'on a telephone');
  await page.setViewportSize({ width: 1440, height: 900 });

  claim((await context.cookies()).length === 0, 'There are no cookies.');
  claim(await page.evaluate(() => localStorage.length + sessionStorage.length) === 0, 'Nothing is stored in the browser.');
  claim(complaints.length === 0, `The browser has nothing to complain of${complaints.length ? ` (${complaints.join(' | ')})` : ''}.`);
} catch (error) {
  claim(false, `The walk through the page went to its end (${error.message.split('\n')[0]}).`);
  for (const complaint of complaints) console.error(`       The browser: ${complaint}`);
} finally {
  await browser.close();
}

if (failures.length) {
  console.error(`\n${failures.length} ${failures.length === 1 ? 'claim does' : 'claims do'} not hold:`);
  for (const words of failures) console.error(`  ${words}`);
  process.exit(1);
}
console.log('\nAll claims hold.');
