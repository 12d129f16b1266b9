// The closed forms and iterations of `lsib` that the explorer needs, in plain JavaScript; all in nats.
// Held against the Python package by tests/explorer.py. Equation numbers: the chapters named beside them.
const lsib = (() => {  // no module, so that the page also works from a file

const LOG2 = Math.log(2)
const sum = a => a.reduce((s, v) => s + v, 0)
const plogp = p => p > 0 ? p*Math.log(p) : 0
const entropy = p => -sum(p.map(plogp))
const normalise = p => { const s = sum(p); return p.map(v => v/s) }
const zeros = (n, m) => Array.from({length: n}, () => new Float64Array(m))
const columns = rows => rows[0].map((_, k) => sum(rows.map(r => r[k])))

// ---- label smoothing (chapter "Smoothing") -----------------------------------------------------

function smoothTarget(y, eps, prior) {  // (1)
  return prior.map((v, z) => (1 - eps)*(z === y ? 1 : 0) + eps*v)
}

function smoothingRate(eps, py, prior) {  // (5): H of the mean target minus the mean of H
  const mean = py.map((p, z) => (1 - eps)*p + eps*prior[z])
  const each = py.map((p, y) => p*entropy(smoothTarget(y, eps, prior)))
  return Math.max(0, entropy(mean) - sum(each))
}

function rateSmoothing(rate, py, prior) {  // its inverse, by bisection
  if (rate >= entropy(py)) return 0
  if (rate <= 0) return 1
  let low = 0, high = 1
  for (let i = 0; i < 100; i++) {
    const middle = (low + high)/2
    if (smoothingRate(middle, py, prior) > rate) low = middle; else high = middle
  }
  return (low + high)/2
}

function kappa(M) {  // (10)
  if (M < 1e-4) return 1 + M/3
  return (M + Math.expm1(-M))/(-Math.expm1(-M) - M*Math.exp(-M))
}

function leastLoss(eps, py, prior) {
  return sum(py.map((p, y) => p*entropy(smoothTarget(y, eps, prior))))
}

function excessBound(loss, eps, py, prior) {  // the smaller of (10) and (11)
  const d = Math.max(0, loss - leastLoss(eps, py, prior))
  const floor = eps*Math.min(...prior)
  if (floor === 0) return Infinity
  return Math.min(kappa(-Math.log(floor))*d, Math.log1p(d/floor))
}

// ---- a joint, and where a channel lies (chapter "Information") --------------------------------

function mutualInformation(joint) {
  const px = joint.map(r => sum(r)), py = columns(joint)
  return Math.max(0, sum(joint.flatMap(r => Array.from(r, plogp))) - sum(px.map(plogp)) - sum(py.map(plogp)))
}

function place(joint, channel) {  // joint p(x, y), rows q(z|x) -> rate, relevance, excess
  const px = joint.map(r => sum(r))
  const pz = columns(channel.map((q, x) => Array.from(q, v => px[x]*v)))
  const rate = Math.max(0, entropy(pz) - sum(channel.map((q, x) => px[x]*entropy(Array.from(q)))))
  const pyz = joint[0].map((_, y) => pz.map((_, z) => sum(joint.map((r, x) => r[y]*channel[x][z]))))
  const relevance = Math.min(rate, mutualInformation(pyz))
  return {rate, relevance, excess: rate - relevance}
}

function conflictJoint(py, share, doubt) {  // of each class, `share` of the inputs give `doubt` of their labels to the next
  const K = py.length, rows = []
  py.forEach((p, y) => {
    const clear = py.map((_, z) => z === y ? 1 : 0)
    const doubtful = clear.map((v, z) => (1 - doubt)*v + (z === (y + 1) % K ? doubt : 0))
    if (share < 1) rows.push(clear.map(v => p*(1 - share)*v))
    if (share > 0) rows.push(doubtful.map(v => p*share*v))
  })
  return rows
}

// ---- the information bottleneck (chapters "The bottleneck" and "The curve") -------------------

function merge(joint) {  // equal rows p(y|x) merged: nothing is lost
  const found = new Map()
  for (const row of joint) {
    const w = sum(row)
    if (!(w > 0)) continue
    const p = Array.from(row, v => v/w), key = p.map(v => Math.round(v*1e12)).join()
    if (found.has(key)) found.get(key).w += w; else found.set(key, {p, w})
  }
  return [...found.values()]
}

const klRow = (p, r) => { let s = 0; for (let y = 0; y < p.length; y++) if (p[y] > 0) s += p[y]*Math.log(p[y]/Math.max(r[y], 1e-300)); return s }

function partition(rows, beta, mass, atoms) {  // log Z(x), (4)
  return rows.map(({p}) => {
    const a = atoms.map((r, t) => Math.log(Math.max(mass[t], 1e-300)) - beta*klRow(p, r))
    const top = Math.max(...a)
    return top + Math.log(sum(a.map(v => Math.exp(v - top))))
  })
}

function round(rows, beta, mass, atoms) {  // one round of Blahut and Arimoto, (3)
  const K = atoms[0].length, n = atoms.length, total = zeros(n, K)
  for (const {p, w} of rows) {
    const a = atoms.map((r, t) => Math.log(Math.max(mass[t], 1e-300)) - beta*klRow(p, r))
    const top = Math.max(...a), e = a.map(v => Math.exp(v - top)), s = sum(e)
    for (let t = 0; t < n; t++) for (let y = 0; y < K; y++) total[t][y] += w*e[t]/s*p[y]
  }
  const on = total.map(r => sum(r)), keep = on.map((m, t) => t).filter(t => on[t] > 1e-14)
  return [keep.map(t => on[t]), keep.map(t => Array.from(total[t], v => v/on[t]))]
}

function climb(rows, beta, logz, start) {  // a local maximum of D, (6), by its fixed point
  let r = start, value = -Infinity
  for (let i = 0; i < 3000; i++) {
    const a = rows.map(({p, w}, x) => Math.log(w) - logz[x] - beta*klRow(p, r))
    const top = Math.max(...a), e = a.map(v => Math.exp(v - top)), s = sum(e)
    const next = top + Math.log(s)
    r = r.map((_, y) => sum(rows.map(({p}, x) => e[x]/s*p[y])))
    if (next - value < 1e-13) return [next, r]
    value = next
  }
  return [value, r]
}

function accelerated(rows, beta, mass, atoms, rounds) {  // SQUAREM on log p(t) and log p(y|t); a step that does not help is not taken
  const value = (m, r) => -sum(partition(rows, beta, m, r).map((z, x) => rows[x].w*z))
  for (let i = 0; i < rounds; i++) {
    const [m1, r1] = round(rows, beta, mass, atoms)
    const [m2, r2] = round(rows, beta, m1, r1)
    if (m1.length !== mass.length || m2.length !== mass.length) { [mass, atoms] = [m2, r2]; continue }
    const pack = (m, r) => [...m, ...r.flat()].map(v => Math.log(Math.max(v, 1e-300)))
    const a = pack(mass, atoms), b = pack(m1, r1), c = pack(m2, r2)
    const u = a.map((v, k) => b[k] - v), v = a.map((w, k) => c[k] - 2*b[k] + w)
    const nu = Math.sqrt(sum(u.map(x => x*x))), nv = Math.sqrt(sum(v.map(x => x*x)))
    let next = [m2, r2]
    if (nv > 1e-12 && nu > nv) {
      const s = -nu/nv, far = a.map((w, k) => Math.exp(Math.min(0, w - 2*s*u[k] + s*s*v[k])))
      const n = mass.length, K = atoms[0].length
      const m = normalise(far.slice(0, n)), r = m.map((_, t) => normalise(far.slice(n + t*K, n + (t + 1)*K)))
      const tried = round(rows, beta, m, r)
      if (tried[0].length === n && value(...tried) < value(m2, r2)) next = tried
    }
    [mass, atoms] = next
    if (nu < 1e-10) break
  }
  return [mass, atoms]
}

function coincident(mass, atoms) {  // atoms in one place become one
  const out = []
  atoms.forEach((r, t) => {
    const same = out.find(o => Math.max(...r.map((v, y) => Math.abs(v - o.r[y]))) < 1e-4)
    if (!same) { out.push({m: mass[t], r}); return }
    same.r = same.r.map((v, y) => (same.m*v + mass[t]*r[y])/(same.m + mass[t]))
    same.m += mass[t]
  })
  return [out.map(o => o.m), out.map(o => o.r)]
}

function solveIB(joint, beta, start = null, tol = 1e-7) {  // rate, relevance, gap (by multistart), atoms
  const rows = merge(joint), py = normalise(columns(rows.map(({p, w}) => p.map(v => w*v))))
  const ixy = mutualInformation(rows.map(({p, w}) => p.map(v => w*v)))
  if (beta <= 1) return {beta, rate: 0, relevance: 0, objective: 0, gap: 0, mass: [1], atoms: [py]}
  const inside = r => r.map((v, y) => .99*v + .01*py[y])
  let mass = start ? [...start.mass.map(v => .99*v), .01] : [...rows.map(({w}) => .99*w), .01]
  let atoms = start ? [...start.atoms.map(inside), py] : [...rows.map(({p}) => inside(p)), py]
  let gap = Infinity, value = 0
  for (let i = 0; i < 12 && gap > tol; i++) {
    [mass, atoms] = accelerated(rows, beta, mass, atoms, 60)
    const logz = partition(rows, beta, mass, atoms)
    value = -sum(logz.map((z, x) => rows[x].w*z))
    const tops = [...rows.map(({p}) => inside(p)), ...atoms].map(r => climb(rows, beta, logz, r))
    gap = Math.max(0, ...tops.map(([v]) => v))
    const born = tops.filter(([v]) => v > Math.max(tol, .3*gap)).sort((a, b) => b[0] - a[0]).slice(0, 6)
    const far = born.filter(([, r], k) => born.slice(0, k).every(([, s]) => sum(r.map((v, y) => (v - s[y])**2)) > 1e-6))
    if (gap > tol && far.length) {
      atoms = [...atoms, ...far.map(([, r]) => r)]
      mass = normalise([...mass, ...far.map(() => .02)])
    }
  }
  ;[mass, atoms] = coincident(mass, atoms)
  const encoder = rows.map(({p}) => {
    const a = atoms.map((r, t) => Math.log(Math.max(mass[t], 1e-300)) - beta*klRow(p, r))
    const top = Math.max(...a)
    return normalise(a.map(v => Math.exp(v - top)))
  })
  const at = place(rows.map(({p, w}) => p.map(v => w*v)), encoder)
  const objective = at.rate - beta*at.relevance, bound = value - gap - beta*ixy
  return {beta, ...at, objective, gap: Math.max(0, objective - bound), mass, atoms}
}

function ibCurve(joint, points = 24) {  // multipliers between the threshold and a large one, warm-started downwards
  const rows = merge(joint), total = rows.map(({p, w}) => p.map(v => w*v))
  const ends = {rate: entropy(rows.map(({w}) => w)), relevance: mutualInformation(total)}
  const found = [{beta: Infinity, gap: 0, atoms: rows.length, ...ends}]
  if (ends.relevance < 1e-12) return [{beta: 1, rate: 0, relevance: 0, gap: 0, atoms: 1}, found[0]]
  let last = null
  for (let i = 0; i < points; i++) {
    const beta = 1 + 60*(.02/60)**(i/(points - 1))
    last = solveIB(joint, beta, last)
    found.push({beta, rate: last.rate, relevance: last.relevance, gap: last.gap, atoms: last.mass.length})
    if (last.rate < 1e-9) break
  }
  found.push({beta: 1, rate: 0, relevance: 0, gap: 0, atoms: 1})
  return found.reverse()
}

function upper(curve, rate) {  // relevance that no code of this rate exceeds, (2) of "The curve"
  const lines = curve.filter(c => Number.isFinite(c.beta)).map(c => c.relevance + (rate - c.rate + c.gap)/c.beta)
  return Math.min(rate, curve[curve.length - 1].relevance, ...lines)
}

// ---- predictions: the plane, its interval, the limit on new data ------------------------------

function sums(q, y, K, rows) {  // J and E of (1) in "The plane"
  const joint = zeros(K, K)
  let output = 0
  for (const i of rows) {
    for (let z = 0; z < K; z++) joint[y[i]][z] += q[i][z]
    output += entropy(Array.from(q[i]))
  }
  return {joint, output, n: rows.length}
}

function fromSums({joint, output, n}) {
  const p = joint.map(r => Array.from(r, v => v/n)), relevance = mutualInformation(p)
  const rate = Math.max(relevance, entropy(columns(p)) - output/n)
  return {rate, relevance, excess: rate - relevance, label_entropy: entropy(p.map(r => sum(r)))}
}

function plane(q, y) {  // probabilities and labels -> place, and 95 % jackknife intervals over 50 blocks
  const K = q[0].length, n = q.length, all = [...q.keys()], G = 50
  const total = sums(q, y, K, all), at = fromSums(total)
  const counts = total.joint.map(r => sum(r)/n)
  at.effective_smoothing = rateSmoothing(Math.min(at.rate, at.label_entropy), counts, counts.map(() => 1/K))
  at.accuracy = all.filter(i => q[i].indexOf(Math.max(...q[i])) === y[i]).length/n
  if (n < 2*G) return at
  const pseudo = Array.from({length: G}, (_, g) => {
    const block = sums(q, y, K, all.filter(i => i % G === g))
    const rest = {joint: total.joint.map((r, a) => r.map((v, b) => v - block.joint[a][b])), output: total.output - block.output, n: n - block.n}
    const without = fromSums(rest)
    return ['rate', 'relevance', 'excess'].map(k => G*at[k] - (G - 1)*without[k])
  })
  at.interval = Object.fromEntries(['rate', 'relevance', 'excess'].map((k, j) => {
    const v = pseudo.map(p => p[j]), mean = sum(v)/G
    const half = 2.0095752371292397*Math.sqrt(sum(v.map(x => (x - mean)**2))/(G - 1)/G)  // Student's t, 49 degrees
    return [k, [Math.max(0, mean - half), Math.max(0, mean + half)]]
  }))
  return at
}

const STRENGTHS = [1, 4, 16]

function referenceKernel(S, n, strength, uniform) {  // (3) of "Certify": sums of outputs by label, and label counts
  const K = S.length, own = S.map((r, k) => r[k]), all = sum(S.map(r => sum(Array.from(r))))
  const hit = (sum(own) + 1/K)/(all + 1), cols = S[0].length
  const miss = Array.from({length: cols}, (_, z) => sum(S.map(r => r[z])) - own[z] + 1/K), rest = sum(miss)
  return S.map((r, y) => {
    const mixed = Array.from(r, (v, z) => v + strength*(z === y ? hit : (1 - hit)*miss[z]/(rest - miss[y])))
    return normalise(mixed).map(v => (1 - uniform)*v + uniform/K)
  })
}

function erfcx(x) {  // exp(x^2) erfc(x) for x >= 0, by a continued fraction or the series of erf
  if (x > 2) { let f = 0; for (let k = 40; k > 0; k--) f = k/2/(x + f); return 1/(x + f)/Math.sqrt(Math.PI) }
  let term = x, s = x
  for (let k = 1; k < 80 && Math.abs(term) > 1e-18; k++) { term *= -x*x/k; s += term/(2*k + 1) }
  return Math.exp(x*x)*(1 - 2/Math.sqrt(Math.PI)*s)
}
const logUpperTail = z => z >= 0 ? Math.log(erfcx(z/Math.SQRT2)/2) - z*z/2 : Math.log1p(-Math.exp(logUpperTail(-z)))

function normalUpperQuantile(logp, start) {  // z with log P(Z > z) = logp, by Newton's method on the logarithm
  if (logp > -Math.LN2) return -normalUpperQuantile(Math.log(-Math.expm1(logp)), start === undefined ? start : -start)
  let z = start === undefined ? Math.sqrt(-2*logp) : Math.max(0, start)
  for (let i = 0; i < 50; i++) {
    const f = logUpperTail(z), slope = -Math.exp(-z*z/2 - Math.log(2*Math.PI)/2 - f), step = (f - logp)/slope
    z -= step
    if (Math.abs(step) < 1e-13*(1 + Math.abs(z))) break
  }
  return z
}

function bettingLimit(v, bound, level, top) {  // (4) and (5) of "Certify"
  const n = v.length, alpha = 1 - level, cells = Math.floor(100*Math.sqrt(n)) + 1
  top = Math.min(top, Math.max(...bound))
  const grid = k => top*k/cells, mean = sum(v)/n
  let standing = [...Array(cells + 1).keys()].filter(k => grid(k) >= mean)
  let last = standing.length ? standing[0] - 1 : cells, wealth = standing.map(() => 0), quantile = standing.map(() => undefined), s1 = 0, s2 = 0
  const edges = [...new Set(Array.from({length: Math.min(n, 250) + 1}, (_, k) => Math.floor(n*k/Math.min(n, 250) + 1e-9)))]
  for (let e = 0; e + 1 < edges.length && standing.length; e++) {
    const [start, end] = [edges[e], edges[e + 1]]
    let b = 0
    for (let i = start; i < end; i++) b = Math.max(b, bound[i])
    const first = (b/8)**2, spread = start ? s2 - s1*s1/start : 0
    const deviation = Math.sqrt(Math.max((spread + 4*first)/(start + 4), 1e-12))
    wealth = wealth.map((w, j) => {
      const m = grid(standing[j]), logp = Math.max(-600, Math.min(-1e-12, w + Math.log(alpha/1.01)))
      const z = quantile[j] = normalUpperQuantile(logp, quantile[j]), hedge = Math.exp(-z*z/2 - Math.log(2*Math.PI)/2 - logp)/(deviation*Math.sqrt(n - start))
      const stake = Math.min(hedge, .999/Math.max(b - m, 1e-9))
      for (let i = start; i < end; i++) w += Math.log(1 + stake*(m - v[i]))
      return w
    })
    const keep = wealth.map(w => w < -Math.log(alpha))
    standing = standing.filter((_, j) => keep[j])
    wealth = wealth.filter((_, j) => keep[j])
    quantile = quantile.filter((_, j) => keep[j])
    for (let i = start; i < end; i++) { s1 += v[i]; s2 += v[i]*v[i] }
  }
  if (standing.length) last = standing[standing.length - 1]
  return grid(Math.min(last + 1, cells))
}

function excessLimit(q, y, level = .95) {  // probabilities and labels in random order -> limit on new data
  const n = q.length, K = q[0].length, uniform = Math.min(.01, 5/n), S = zeros(K, K), losses = STRENGTHS.map(() => 0)
  const own = q.map(r => -entropy(Array.from(r))), v = [], bound = []
  let at = Math.min(Math.floor(n/4), Math.max(20, Math.floor(n/20)))
  const join = (a, b) => { for (let i = a; i < b; i++) for (let z = 0; z < K; z++) S[y[i]][z] += q[i][z] }
  join(0, at)
  while (at < n) {
    const end = Math.min(n, Math.max(at + 5, Math.floor(1.1*at)))
    const best = losses.indexOf(Math.min(...losses))
    STRENGTHS.forEach((c, k) => {
      const r = referenceKernel(S, at, c, uniform), logr = r.map(row => row.map(Math.log))
      const highest = -Math.min(...logr.map(row => Math.min(...row)))
      for (let i = at; i < end; i++) {
        let cross = 0
        for (let z = 0; z < K; z++) cross += q[i][z]*logr[y[i]][z]
        const d = Math.max(0, own[i] - cross)
        losses[k] += d
        if (k === best) { v.push(d); bound.push(highest) }
      }
    })
    join(at, end)
    at = end
  }
  return bettingLimit(v, bound, level, Math.log(K))
}

function shuffled(n, seed = 1) {  // a fixed random order
  const order = [...Array(n).keys()]
  let s = seed >>> 0
  for (let i = n - 1; i > 0; i--) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    const j = Math.floor(s/4294967296*(i + 1))
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}


return {LOG2, entropy, smoothTarget, smoothingRate, rateSmoothing, kappa, leastLoss, excessBound, mutualInformation, place, conflictJoint, solveIB, ibCurve, upper, plane, bettingLimit, excessLimit, shuffled}
})()
