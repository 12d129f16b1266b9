// The explorer's page: sliders, text fields and charts around the functions of lsib.js.
const page = (() => {  // no module, so that the page also works from a file

const $ = id => document.getElementById(id)
const bits = v => v/lsib.LOG2
const show = (v, digits = 3) => Number.isFinite(v) ? v.toFixed(digits) : '∞'
const tiny = v => v < 1e-9 ? '1e-9' : v.toExponential(0)
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const charts = {}

function draw(id, config) {
  if (typeof Chart === 'undefined') return  // the site was built without the plotting library: the words say it all
  const ink = style('--soft'), line = style('--line')
  Chart.defaults.color = ink
  Chart.defaults.borderColor = line
  Chart.defaults.animation = false
  charts[id]?.destroy()
  charts[id] = new Chart($(id), config)
}

const axis = (title, max) => ({type: 'linear', min: 0, max, ticks: {includeBounds: false}, title: {display: true, text: title}})

function drawPlane(id, entropy, curve, points) {  // everything in bits; curve: [rate, relevance]; points: {label, x, y, color, shape}
  const wide = 1.1*Math.max(entropy, curve[curve.length - 1][0], ...points.map(p => p.x))
  const path = [...curve, [2*wide, curve[curve.length - 1][1]]].map(([x, y]) => ({x, y}))
  const datasets = [
    ...points.map(p => ({label: p.label, data: [].concat(p.at ?? {x: p.x, y: p.y}), pointRadius: p.size ?? 6, pointStyle: p.shape ?? 'circle', borderColor: p.color, backgroundColor: p.color, showLine: false})),
    {label: 'bottleneck curve', pointStyle: 'line', data: path, borderColor: style('--soft'), borderWidth: 1.5, pointRadius: 0, fill: 'end', backgroundColor: style('--line') + '99'},
    {label: 'H(Y)', pointStyle: 'line', data: [{x: 0, y: entropy}, {x: wide, y: entropy}], borderColor: style('--soft'), borderWidth: 1, borderDash: [3, 3], pointRadius: 0},
  ]
  draw(id, {type: 'line', data: {datasets}, options: {
    maintainAspectRatio: false, parsing: false, clip: 8, plugins: {legend: {position: 'bottom', labels: {usePointStyle: true}}},
    scales: {x: axis('rate I(X;Z), bits', wide), y: axis('relevance I(Z;Y), bits', 1.1*entropy || 1)}}})
}

// ---- smoothing ---------------------------------------------------------------------------------

function smoothingAnswer({eps, K, skew, share, doubt, loss}) {  // all that the first view says, in nats
  const raw = Array.from({length: K}, (_, k) => Math.exp(-3*skew*k/(K - 1))), total = raw.reduce((a, b) => a + b)
  const py = raw.map(v => v/total), prior = py.map(() => 1/K)
  const conflict = share > 0 && doubt > 0
  const joint = lsib.conflictJoint(py, conflict ? share : 0, doubt)
  const px = joint.map(r => r.reduce((a, b) => a + b))
  const channel = joint.map((r, x) => r.map((v, z) => (1 - eps)*v/px[x] + eps*prior[z]))
  const labels = joint[0].map((_, y) => joint.reduce((s, r) => s + r[y], 0))
  const at = lsib.place(joint, channel), entropy = lsib.entropy(labels)
  const bound = conflict ? NaN : lsib.excessBound(lsib.leastLoss(eps, py, prior) + loss, eps, py, prior)
  return {py, prior, joint, conflict, entropy, labels, bound, target: lsib.smoothTarget(0, eps, prior), ...at}
}

let solved = {key: '', curve: null}
function curveOf(answer) {
  if (!answer.conflict) return [[0, 0], [answer.entropy, answer.entropy]]
  const key = JSON.stringify(answer.joint)
  if (solved.key !== key) solved = {key, curve: lsib.ibCurve(answer.joint, 16)}
  return solved.curve.map(c => [c.rate, c.relevance])
}

function smoothing() {
  const value = id => Number($(id).value)
  const s = {eps: value('eps'), K: value('k'), skew: value('skew'), share: value('share'), doubt: value('doubt'), loss: value('loss')}
  const a = smoothingAnswer(s)
  $('o-eps').textContent = s.eps.toFixed(3); $('o-k').textContent = s.K; $('o-skew').textContent = s.skew.toFixed(2)
  $('o-share').textContent = `${Math.round(100*s.share)} %`; $('o-doubt').textContent = `${(100*s.doubt).toFixed(1)} %`
  $('o-loss').textContent = `${s.loss.toFixed(3)} nats`
  $('loss').disabled = a.conflict
  drawPlane('c-smooth', bits(a.entropy), curveOf(a).map(p => p.map(bits)), [{label: 'label smoothing', x: bits(a.rate), y: bits(a.relevance), color: '#0173b2'}])
  draw('c-target', {type: 'bar', data: {labels: a.target.map((_, z) => z), datasets: [{data: a.target, backgroundColor: '#0173b2'}]}, options: {
    maintainAspectRatio: false, plugins: {legend: {display: false}}, scales: {x: {title: {display: true, text: 'class'}}, y: axis('probability', 1)}}})
  const bound = a.conflict ? 'Labels conflict, so that the output tells more of the input than of the label even at the optimum, and the certificate of the loss does not apply.'
    : `A classifier whose loss lies ${s.loss.toFixed(3)} nats above its minimum tells at most ${show(bits(a.bound))} bits about anything but the label.`
  $('say-smooth').textContent = `ε = ${s.eps.toFixed(3)} leaves a rate of ${show(bits(a.rate))} bits, ${show(bits(a.relevance))} of them about the label, ${show(bits(a.excess))} in excess. ${bound}`
  $('code').textContent = snippet(s, a)
}

function snippet({eps, K, skew, share, doubt, loss}, a) {  // the setting in Python, with what it prints
  const shown = v => show(bits(v), 4), tidy = v => Number(v.toFixed(6)), least = lsib.leastLoss(eps, a.py, a.prior)
  const py = skew > 0 ? [`py = np.exp(-${tidy(3*skew)}*np.arange(${K})/${K - 1})`, 'py = py/py.sum()'] : [`py = np.full(${K}, 1/${K})`]
  if (a.conflict) return [
    'import numpy as np', 'from lsib import joint_from_channel, mutual_information', '',
    ...py, `clear = np.eye(${K})`, `doubtful = ${tidy(1 - doubt)}*clear + ${doubt}*np.roll(clear, 1, 1)`,
    'py_x = np.concatenate([clear, doubtful])  # labels of each input',
    `px = np.concatenate([${tidy(1 - share)}*py, ${share}*py])`, `code = (1 - ${eps})*py_x + ${eps}/${K}  # its smoothed target`,
    `print(mutual_information(joint_from_channel(px, code), base=2))  # rate: ${shown(a.rate)} bits`,
    `print(mutual_information((px[:, None]*py_x).T @ code, base=2))  # relevance: ${shown(a.relevance)} bits`].join('\n')
  return [
    ...(skew > 0 ? ['import numpy as np'] : []), 'from lsib import LabelSmoothingLoss, excess_bound, smoothing_rate', '',
    ...(skew > 0 ? py : [`py = ${K}  # classes, equally frequent`]),
    `loss = LabelSmoothingLoss(smoothing=${eps})`, `print(smoothing_rate(${eps}, py, base=2))  # rate: ${shown(a.rate)} bits`,
    `print(excess_bound(${(least + loss).toFixed(8)}, ${eps}, py, base=2))  # at most ${shown(a.bound)} bits`].join('\n')
}

// ---- predictions -------------------------------------------------------------------------------

function planeAnswer(text) {  // place, interval and limit, nats
  const {q, y} = read.readPredictions(text)
  const order = lsib.shuffled(q.length)
  const at = lsib.plane(q, y)
  if (q.length >= 40) at.limit = lsib.excessLimit(order.map(i => q[i]), order.map(i => y[i]))
  return {...at, n: q.length, K: q[0].length}
}

function fill(table, rows) {
  const body = table.tBodies[0]
  body.replaceChildren(...rows.map(cells => {
    const tr = document.createElement('tr')
    tr.append(...cells.map(c => Object.assign(document.createElement('td'), {textContent: c})))
    return tr
  }))
  table.hidden = false
}

function answer(id, job) {  // run a job, or say what is wrong with what was pasted
  const say = $(id)
  say.textContent = 'Computing …'
  setTimeout(() => {
    const answers = say.closest('section').querySelectorAll('figure, table')
    say.classList.remove('wrong')
    answers[0].hidden = false  // a chart needs its room
    try { say.textContent = job() } catch (e) {
      say.textContent = e.message
      say.classList.add('wrong')
      for (const old of answers) old.hidden = true  // no old answer beside an error
    }
  }, 10)
}

function predictions() {
  answer('say-plane', () => {
    const a = planeAnswer($('preds').value), h = bits(a.label_entropy)
    drawPlane('c-plane', h, [[0, 0], [h, h]], [{label: 'these predictions', x: bits(a.rate), y: bits(a.relevance), color: '#de8f05', shape: 'rectRot', size: 7}])
    const between = k => a.interval ? a.interval[k].map(v => show(bits(v))).join(' to ') : 'needs 100 rows'
    fill($('t-plane'), [['rate I(X;Z)', show(bits(a.rate)), between('rate')], ['relevance I(Z;Y)', show(bits(a.relevance)), between('relevance')],
      ['excess I(X;Z|Y)', show(bits(a.excess)), between('excess')], ['H(Y)', show(h), ''], ['effective ε', show(a.effective_smoothing), '']])
    const limit = a.limit === undefined ? '' : ` With 95 % confidence a sampled prediction on new data tells at most ${show(bits(a.limit))} bits about anything but the label.`
    return `${a.n} rows, ${a.K} classes, accuracy ${(100*a.accuracy).toFixed(1)} %: ${show(bits(a.excess))} bits in excess on these.${limit}`
  })
}

function example() {
  const K = 3, lines = ['cat,dog,bird,label']
  let s = 7
  const random = () => (s = (Math.imul(s, 1664525) + 1013904223) >>> 0)/4294967296
  for (let i = 0; i < 400; i++) {
    const y = Math.floor(K*random())
    const e = Array.from({length: K}, (_, k) => Math.exp(2.5*(k === y) + 2*random() - 1 + (random() < .1 ? 2 : 0))), total = e.reduce((a, b) => a + b)
    lines.push([...e.map(v => (v/total).toFixed(4)), y].join(','))
  }
  $('preds').value = lines.join('\n')
  predictions()
}

async function open(file) {
  if (!file) return
  $('preds').value = await file.text()
  predictions()
}

// ---- a table -----------------------------------------------------------------------------------

function table() {
  answer('say-curve', () => {
    const {joint, said} = read.readCounts($('counts').value, $('all-counts').checked), curve = lsib.ibCurve(joint)
    const entropy = lsib.entropy(joint[0].map((_, y) => joint.reduce((s, r) => s + r[y], 0)))
    const end = curve[curve.length - 1]
    const line = Array.from({length: 101}, (_, i) => end.rate*i/100).map(r => [bits(r), bits(lsib.upper(curve, r))])
    drawPlane('c-curve', bits(entropy), line, [{label: 'solutions', x: 0, y: 0, at: curve.map(c => ({x: bits(c.rate), y: bits(c.relevance)})), color: '#0173b2', size: 3}])
    const solved = curve.filter(c => Number.isFinite(c.beta))
    fill($('t-curve'), solved.filter(c => c.rate > 1e-6).map(c => [show(c.beta, 2), show(bits(c.rate)), show(bits(c.relevance)), (c.gap < 1e-9 ? '< ' : '') + tiny(bits(c.gap)), c.atoms]))
    const gap = Math.max(...solved.map(c => c.gap))
    return `${said}. I(X;Y) = ${show(bits(end.relevance))} bits of H(Y) = ${show(bits(entropy))}. ${solved.length} solutions, each within ${tiny(bits(gap))} bits of the optimum, as far as climbs from every row and code word can tell.`
  })
}

// ---- the page ----------------------------------------------------------------------------------

const tabs = [...document.querySelectorAll('[role=tab]')]
function select(tab, focus = true) {
  for (const t of tabs) {
    t.setAttribute('aria-selected', t === tab)
    t.tabIndex = t === tab ? 0 : -1
    $(t.getAttribute('aria-controls')).hidden = t !== tab
  }
  if (focus) tab.focus()
  if (tab.id === 'tab-curve' && !charts['c-curve']) table()
  if (tab.id === 'tab-plane' && !charts['c-plane'] && !$('preds').value) example()
}
tabs.forEach((tab, i) => {
  tab.addEventListener('click', () => select(tab))
  tab.addEventListener('keydown', e => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[e.key]
    if (step) select(tabs[(i + step + tabs.length) % tabs.length])
  })
})
for (const id of ['eps', 'k', 'skew', 'share', 'doubt', 'loss']) $(id).addEventListener('input', smoothing)
$('copy').addEventListener('click', async () => {
  try { await navigator.clipboard.writeText($('code').textContent); $('copy').textContent = 'Copied' }
  catch { getSelection().selectAllChildren($('code')); $('copy').textContent = 'Selected' }
})
$('run-plane').addEventListener('click', predictions)
$('example-plane').addEventListener('click', example)
$('file-plane').addEventListener('change', e => open(e.target.files[0]))
$('preds').addEventListener('dragover', e => e.preventDefault())
$('preds').addEventListener('drop', e => { e.preventDefault(); open(e.dataTransfer.files[0]) })
$('run-curve').addEventListener('click', table)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => location.reload())
const wanted = tabs.find(t => `#${t.id.slice(4)}` === location.hash)
smoothing()
if (wanted) select(wanted, false)


return {smoothingAnswer, snippet, planeAnswer}
})()
