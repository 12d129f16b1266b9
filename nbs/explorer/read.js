// Tables that people paste, read as `lsib.files` does ("Files"): what could mean two things is refused in words.
// tests/explorer.py gives the same texts to both.
const read = (() => {  // no module, so that the page also works from a file

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const DRESSED = /^([+-]?\d{1,3}([,.'\u2019\s]\d{3})+([.,]\d+)?|[+-]?\d+,\d+|[+-]?[\d.,]+\s*%|[$\u20ac\u00a3]\s*[\d.,]+)$/
const sum = a => a.reduce((s, v) => s + v, 0)
const refuse = words => { throw Error(words) }
const isNumber = c => NUMBER.test(c)
const whole = a => a.every(v => v === Math.round(v))
const column = (rows, k) => rows.map(r => r[k])
const columns = rows => rows[0].map((_, k) => column(rows, k))
const count = (n, what, more = 's') => `${n} ${what}${n === 1 ? '' : more}`

// ---- lines and cells ---------------------------------------------------------------------------

function cut(line, sep) {  // cells between separators; "a, b" in quotes is one cell
  if (sep === ' ') return line.trim().split(/\s+/)
  const cells = []
  let at = 0
  while (at <= line.length) {
    while (line[at] === ' ') at++
    let cell = ''
    if (line[at] === '"') {
      const close = quoteEnd(line, at)
      if (close < 0) refuse('A quotation mark is not closed: quote a cell on one line.')
      cell = line.slice(at + 1, close).replace(/""/g, '"')
      at = close + 1
    }
    const next = line.indexOf(sep, at), stop = next < 0 ? line.length : next
    cells.push((cell + line.slice(at, stop)).trim())
    at = stop + 1
  }
  return cells
}

function quoteEnd(line, start) {  // where the quotation that begins here ends; two marks are one of the text
  for (let i = start + 1; i < line.length; i++) if (line[i] === '"') { if (line[i + 1] === '"') i++; else return i }
  return -1
}

function linesOf(text) {  // lines that hold something, without the comments at the beginning
  if (/[\0\ufffd]/.test(text)) refuse('This is no UTF-8 text: save it as UTF-8.')
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/).filter(l => l.trim())
  while (lines.length && (lines[0].startsWith('#') || /^sep=/i.test(lines[0]))) lines.shift()
  if (!lines.length) refuse('There is nothing to read: paste rows of numbers.')
  if (lines.some(l => l.startsWith('#'))) refuse("A line below the first begins with '#': remove it, or quote the cell.")
  return lines
}

function separated(lines) {  // cells of all lines; the header may lack one
  const fits = rows => {
    const n = rows.map(r => r.length), last = n[n.length - 1]
    return last > 1 && (n[0] === last || n[0] === last - 1) && n.slice(1).every(k => k === last)
  }
  const tried = ['\t', ';', '|', ','].map(sep => lines.map(l => cut(l, sep))).filter(rows => rows.some(r => r.length > 1))
  const found = tried.find(fits)
  if (found) return found
  const spaced = lines.map(l => cut(l, ' ')), below = spaced.slice(1)
  if (below.length && fits(spaced) && below.every(r => r.slice(1).every(isNumber))) return spaced
  if (!tried.length) refuse('There is one column: separate cells by commas, semicolons or tabs, and give two columns or more.')
  const rows = tried[tried.length - 1], width = rows[rows.length - 1].length
  const odd = rows.findIndex(r => r.length !== width)
  refuse(`Rows have different lengths: line ${odd + 1} has ${count(rows[odd].length, 'cell')}, the last one ${width}.`)
}

// ---- is there a header? ------------------------------------------------------------------------

const steps = a => a.slice(1).map((v, i) => v - a[i])
const countsUp = a => a.length > 1 && (a[0] === 0 || a[0] === 1) && steps(a).every(d => d === 1)
const rise = a => whole(a) && steps(a).every(d => d > 0)
const even = a => a.length > 1 && a[1] > a[0] && steps(a).every(d => Math.abs(d - a[1] + a[0]) <= 1e-8 + 1e-5*(a[1] - a[0]))
const UNSURE = 'The first line could be a header or a row: give the columns names that are no numbers.'

function couldName(first, below) {  // could the numbers of the first line name columns?
  if (even(first) && !(first.length === 2 && first[0] > 1 && first[0] < 100)) return true
  return !whole(first) && below.every(r => r.every(c => /^\d+$/.test(c)))
}

function textHeader(first, below) {  // is a line of text a header? It is a row if each of its cells occurs below
  if (!first.every(Boolean)) return true
  const repeated = first.map((c, k) => below.some(r => r[k] === c))
  if (!repeated.some(Boolean)) return true
  const same = below.map(r => r.map((c, k) => c === first[k])), equal = same.filter(r => r.every(Boolean)).length
  const alone = same.every(r => r.every(Boolean) === r.some(Boolean)) && 4*equal < below.length
  if (alone || !repeated.every(Boolean)) refuse(UNSURE)
  return false
}

function isHeader([first, ...below]) {  // an error if nobody can know
  const number = first.map(isNumber)
  if (!below.length) return !number.every(Boolean)
  if (!number.some(Boolean)) return textHeader(first, below)
  if (number.every(Boolean)) {
    if (couldName(first.map(Number), below)) refuse(UNSURE)
    return false
  }
  if (number[0] || !number.slice(1).every(Boolean)) return true
  if (['', 'index', 'row_0'].includes(first[0]) || below.every(r => isNumber(r[0]))) return true
  const numbers = first.slice(1).map(Number)
  if (rise(numbers) || couldName(numbers, below.map(r => r.slice(1)))) refuse(UNSURE)
  return false
}

function tableOf(text, headed = isHeader) {  // -> {names or null, rows of text}
  let rows = separated(linesOf(text))
  const lacks = rows[0].length < rows[rows.length - 1].length
  if (!lacks && rows[0].length > 2 && rows.every(r => !r[r.length - 1])) rows = rows.map(r => r.slice(0, -1))
  if (!lacks && !headed(rows)) return {names: null, rows}
  if (rows.length === 1) refuse('There is a header and no row.')
  return {names: lacks ? ['', ...rows[0]] : rows[0], rows: rows.slice(1)}
}

// ---- columns of numbers ------------------------------------------------------------------------

const called = ({names}, j) => names?.[j] ? `column "${names[j]}"` : `column ${j + 1}`

function refuseCell(table, j, bad, what) {  // name the first bad cell of a column
  const row = table.rows.findIndex(r => bad(r[j]))
  if (row >= 0) refuse(`Row ${row + 1}, ${called(table, j)} holds "${table.rows[row][j]}": ${what}.`)
}

function numbersOf(table, j, way) {  // the numbers of a column; null for labels; an error for an odd cell among numbers
  const cells = column(table.rows, j)
  refuseCell(table, j, c => c === '', 'it is missing; fill it, or drop the row')
  const number = cells.filter(isNumber).length
  if (number === cells.length) {
    refuseCell(table, j, c => !Number.isFinite(Number(c)), 'it is too large')
    return cells.map(Number)
  }
  if (2*number >= cells.length || cells.every(c => isNumber(c) || DRESSED.test(c))) refuseCell(table, j, c => !isNumber(c), way)
  return null
}

const without = (table, j) => ({names: table.names?.filter((_, k) => k !== j) ?? null, rows: table.rows.map(r => r.filter((_, k) => k !== j))})

// ---- a table of counts -------------------------------------------------------------------------

const UNNAMED = ['', 'Unnamed: 0', '__index_level_0__']
const ID = ['id', 'index', 'row', 'level_0', 'rownames', 'row_0', 'key', 'year']
const TOTALS = ['total', 'totals', 'grand total', 'sum', 'margin', 'all']
const WAY = 'leave it out, or say that all numbers are counts'

const few = a => 2*new Set(a).size <= a.length
const numberRows = a => a.length < 4 ? a.length > 2 && countsUp(a) : rise(a) || even(a) || countsUp([...a].sort((x, y) => x - y))

function namesRows(table, numbers) {  // does the first column of numbers name the rows? An error if nobody can know
  const [first] = numbers, {names} = table
  if (!first || !names) return false
  const crossed = names.length > 2 && names.slice(1).every(isNumber) && !isNumber(names[0])
  const unnamed = UNNAMED.includes(names[0])
  if (unnamed && countsUp(first) || crossed && rise(first)) return true
  const numbered = names.length > 2 && (numberRows(first) || ID.includes(names[0].toLowerCase()))
  if (unnamed || crossed || numbered) refuse(`${called(table, 0)} could hold row names or counts: remove it, make it text, or say that all numbers are counts.`)
  return false
}

function refuseLabels(x, y, what, named = false) {  // two columns, or rows, of numbers that could be labels
  const labels = () => {
    if (numberRows(x)) return true
    if (whole(x) && whole(y)) return few(x) || few(y)
    return few(x) && few(y) && !x.every((v, i) => Math.abs(v + y[i] - 1) <= 1e-8 + 1e-5)
  }
  if (x.length > 2 && (named || labels())) refuse(`Two ${what} of numbers could be labels or counts: count the pairs first, or say that all numbers are counts.`)
}

function mixed(m) {  // a column of fractions among whole numbers, or of whole numbers above 1 among fractions: its place, or -1
  if (m.length < 3) return -1
  const cols = columns(m)
  const shares = cols.map(c => 2*c.filter(v => v === Math.round(v)).length < c.length)
  const counts = cols.map(c => whole(c) && Math.max(...c) > 1)
  const all = f => f.filter(Boolean).length
  if (!all(shares) || !all(counts)) return -1
  return (all(shares) <= all(counts) ? shares : counts).indexOf(true)
}

function refuseSums(m, what) {  // the first or the last row is the sum of the others
  if (m.length < 3) return
  for (const [place, row] of [['last', m[m.length - 1]], ['first', m[0]]]) {
    const rest = columns(m).map((c, k) => sum(c) - row[k])
    if (row.some(Boolean) && row.every((v, k) => Math.abs(v - rest[k]) <= 1e-6*Math.abs(rest[k]))) refuse(`The ${place} ${what} is the sum of the others: ${WAY}.`)
  }
}

function refuseNoCounts(table, m, rows) {  // what is beside the counts: numbers of rows, labels, shares, totals
  const cols = columns(m), name = j => called(table, j)
  if (cols.length === 3 && m.length > 3 && new Set(m.map(r => `${r[0]} ${r[1]}`)).size === m.length && few(cols[0]) && few(cols[1]))
    refuse(`${name(0)} and ${name(1)} could be labels and ${name(2)} their counts: give a table with a row for each label, or say that all numbers are counts.`)
  cols.forEach((c, j) => {
    const head = table.names?.[j].toLowerCase()
    const numbers = head !== undefined && [...UNNAMED, ...ID].includes(head) ? rise(c) : c.length > 3 && countsUp(c)
    if (numbers) refuse(`${name(j)} seems to number the rows: ${WAY}.`)
  })
  const j = mixed(m)
  if (j >= 0) refuse(`${name(j)} holds ${whole(cols[j]) ? 'whole numbers and others fractions' : 'fractions and others whole numbers'}: ${WAY}.`)
  if (!table.names && m.length === 2) refuseLabels(...m, 'rows')
  for (const [what, names] of [['row', rows], ['column', table.names ?? []]])
    for (const n of names) if (TOTALS.includes(n.toLowerCase())) refuse(`The ${what} "${n}" seems to hold totals: ${WAY}.`)
  refuseSums(m, 'row')
  refuseSums(cols, 'column')
}

function refuseGrouped(table) {  // a point among whole numbers may group thousands
  const grouped = /^[1-9]\d{0,2}\.\d{3}$/, all = table.rows.flat()
  if (!all.every(c => grouped.test(c) || /^(0|[1-9]\d*)$/.test(c)) || !all.some(c => /^[1-9]\d*$/.test(c))) return
  table.rows[0].forEach((_, j) => refuseCell(table, j, c => grouped.test(c), 'its point could group thousands: write 1200, or 1.2 with other than three digits after the point'))
}

function pairs(table, notes) {  // two columns of labels: how often each pair occurs
  const codes = [0, 1].map(j => {
    const cells = column(table.rows, j), values = [...new Set(cells)]
    if (cells.length > 3 && values.length === cells.length) refuse(`${called(table, j)} has another value in each row, as names have: give labels that repeat.`)
    const number = cells.every(isNumber) && !cells.some(c => /^[+-]?0\d|\d{16}/.test(c)), order = (a, b) => a < b ? -1 : a > b ? 1 : 0
    const sorted = number ? [...new Set(cells.map(Number))].sort((a, b) => a - b) : values.sort(order)
    return {at: cells.map(c => sorted.indexOf(number ? Number(c) : c)), size: sorted.length}
  })
  const m = Array.from({length: codes[0].size}, () => new Array(codes[1].size).fill(0))
  codes[0].at.forEach((x, i) => m[x][codes[1].at[i]]++)
  return joined(m, [`${table.rows.length} pairs of labels`, ...notes])
}

function joined(m, said) {  // counts or weights -> {joint, said}
  if (m.length > 12 || m[0].length > 6) refuse(`${m.length} x ${m[0].length} is too large for this page: at most 12 rows and 6 columns. Read the file by \`lsib curve\`.`)
  const total = sum(m.flat())
  if (!(total > 0)) refuse('All counts are zero: there is nothing to normalise.')
  if (!Number.isFinite(total)) refuse('The counts are too large to add up: divide them.')
  return {joint: m.map(r => r.map(v => v/total)), said: said.join('; ')}
}

function readCounts(text, counts = false) {  // -> {joint, said}; counts: all columns of numbers are counts
  let table = tableOf(text), rows = [], notes = table.names ? [] : ['no header']
  const plain = 'write plain numbers, as 1200 or 0.5'
  let numbers = table.rows[0].map((_, j) => numbersOf(table, j, plain))
  while (!counts && namesRows(table, numbers)) [table, numbers] = [without(table, 0), numbers.slice(1)]
  if (numbers.length === 2) {
    const [x, y] = numbers, first = column(table.rows, 0), named = !x && y && new Set(first).size === first.length
    if (x && y) { if (!counts) refuseLabels(x, y, 'columns', ID.includes(table.names?.[0].toLowerCase())) }
    else if (!counts && !named) return pairs(table, notes)
  }
  if (!numbers[0] && numbers.length > 1) {
    rows = column(table.rows, 0)
    notes.unshift('row names in the first column')
    ;[table, numbers] = [without(table, 0), numbers.slice(1)]
  }
  numbers.forEach((v, j) => {
    if (!v) refuse(`${called(table, j)} holds "${table.rows[0][j]}" in row 1: a table holds numbers, after a first column of row names.`)
    refuseCell(table, j, c => Number(c) < 0, 'counts and probabilities are 0 or more')
  })
  const m = table.rows.map(r => r.map(Number)), size = `${m.length} x ${m[0].length}`
  if (m.length < 2 || m[0].length < 2) refuse(`These are ${size} counts, whose information is always 0: give two rows and two columns.`)
  if (!counts) refuseNoCounts(table, m, rows)
  refuseGrouped(table)
  const total = sum(m.flat())
  const kind = whole(m.flat()) ? 'counts' : Math.abs(total - 1) <= .02 ? 'probabilities' : 'weights'
  if (kind === 'weights' && m.every(r => Math.abs(sum(r) - 1) <= .02)) notes.push('each row sums to 1, so all rows count the same')
  return joined(m, [`${m.length} rows x ${m[0].length} columns of ${kind}`, ...notes])
}

// ---- predictions -------------------------------------------------------------------------------

const TARGET = ['target', 'targets', 'labels', 'label', 'y', 'y_true']
const BESIDES = ['pred', 'prediction', 'predicted', 'y_pred', 'confidence', 'conf', 'correct', 'loss', 'entropy', 'margin', 'weight', 'fold', 'split', 'epoch', 'seed', 'id', 'index']
const stemOf = name => { const stem = name.replace(/\d+$/, ''); return [stem, name.slice(stem.length)] }
const alone = 'keep one column for each class and one called label'

function refuseStrangers(names) {  // a column that is none of the classes: not numbered as the others are, or called otherwise
  const stems = names.map(stemOf).filter(([, number]) => number).map(([stem]) => stem)
  const often = s => stems.filter(t => t === s).length, usual = stems.reduce((a, b) => often(b) > often(a) ? b : a, stems[0] ?? '')
  for (const name of names) {
    const [stem, number] = stemOf(name), other = often(usual) > 1 && (stem !== usual || !number)
    if (other || BESIDES.includes(name.toLowerCase()) || names.indexOf(name) !== names.lastIndexOf(name)) refuse(`Column "${name}" seems to be none of the classes: ${alone}.`)
  }
}

function numbersOfNames(names) {  // the numbers at the ends of p0, p1, ..., or null
  const parts = names.map(stemOf), numbers = parts.map(([, n]) => n)
  const alike = numbers.every(Boolean) && new Set(parts.map(([s]) => s)).size === 1 && new Set(numbers).size === numbers.length
  return alike ? numbers.map(Number) : null
}

function classes(table, t) {  // the columns of the classes, in their order, and their numbers
  const {names, rows} = table
  let found = names.map((_, j) => j).filter(j => j !== t)
  if (t !== 0 && rows.length > 2 && rows.every(r => isNumber(r[0])) && countsUp(column(rows, 0).map(Number))) {
    if (!UNNAMED.includes(names[0])) refuse(`${called(table, 0)} numbers the rows: ${alone}.`)
    found = found.slice(1)
  }
  refuseStrangers(found.map(j => names[j]))
  const numbers = numbersOfNames(found.map(j => names[j]))
  if (!numbers) return [found, null]
  const order = numbers.map((_, k) => k).sort((a, b) => numbers[a] - numbers[b])
  return [order.map(k => found[k]), order.map(k => numbers[k])]
}

function matched(labels, names, numbers) {  // which column each label means
  const places = names.map((_, k) => k)
  if (labels.every(isNumber)) {
    const used = labels.map(Number)
    if (!labels.every(l => /^[+-]?\d{1,18}$/.test(l)) || !numbers || numbers.every((n, k) => n === k) || !used.every(v => numbers.includes(v))) return used
    if (used.every(v => places.includes(v))) refuse(`Labels could mean the numbers of the columns or their order: number the columns from 0, not ${numbers[0]}.`)
    return used.map(v => numbers.indexOf(v))
  }
  const unknown = labels.find(l => !names.includes(l)), lower = labels.map(l => l.toLowerCase())
  if (unknown === undefined) return labels.map(l => names.indexOf(l))
  if (lower.every(l => l === 'true' || l === 'false')) return lower.map(l => l === 'true' ? 1 : 0)
  refuse(`Label "${unknown}" is the name of no column of probabilities: they are ${names.join(', ')}.`)
}

function refuseRow(p) {  // the first row that is no distribution
  const sums = p.map(sum), near = total => sums.filter(s => Math.abs(s - total) <= .02*total).length
  for (const total of [100, 255]) if (4*near(total) >= p.length) refuse(`Rows sum to ${total}: divide by ${total}, probabilities sum to 1.`)
  p.forEach((r, i) => {
    if (r.some(v => v < 0)) refuse(`Row ${i + 1} has a negative number: give probabilities, 0 or more, not logits.`)
    if (Math.abs(sums[i] - 1) > .02) refuse(`Row ${i + 1} sums to ${sums[i].toPrecision(4)}, and probabilities to 1.`)
  })
}

function checked(table, t, [found, numbers]) {  // -> {q, y}
  const names = found.map(j => table.names?.[j] ?? `column ${j + 1}`)
  if (found.length < 2) refuse('Give the probabilities of two classes or more, and a label: 1 - p and p where there are two.')
  for (const j of found) if (!numbersOf(table, j, 'write plain numbers, as 0.5')) refuse(`${called(table, j)} holds "${table.rows[0][j]}" in row 1: write plain numbers, as 0.5.`)
  const p = table.rows.map(r => found.map(j => Number(r[j]))), j = mixed(p)
  if (j >= 0 && table.names) refuse(`Column "${names[j]}" seems to be none of the classes: ${alone}.`)
  refuseRow(p)
  refuseCell(table, t, c => c === '', 'the label is missing; fill it, or drop the row')
  const labels = matched(column(table.rows, t), names, numbers)
  labels.forEach((v, i) => { if (!Number.isInteger(v) || v < 0 || v >= found.length) refuse(`Row ${i + 1}: label ${table.rows[i][t]} is not among 0 to ${found.length - 1}.`) })
  return {q: p.map(r => { const s = sum(r); return r.map(v => v/s) }), y: labels}
}

function readPredictions(text) {  // -> {q, y}: K probabilities and a label; without a header, the label is last or first
  const table = tableOf(text, ([first]) => !first.every(isNumber)), {names} = table
  if (names) {
    const found = names.map((n, j) => j).filter(j => TARGET.includes(names[j].toLowerCase()))
    if (found.length !== 1) refuse(`The header names ${found.length ? found.length + ' columns' : 'no column'} of labels: call one of them label.`)
    return checked(table, found[0], classes(table, found[0]))
  }
  const width = table.rows[0].length, others = t => [...Array(width).keys()].filter(j => j !== t)
  const read = [width - 1, 0].map(t => { try { return checked(table, t, [others(t), null]) } catch (e) { return e } })
  const good = read.filter(r => r.q)
  if (good.length === 2) refuse('The first or the last column could be the labels: add a header that calls one of them label.')
  if (!good.length) throw read[0]
  return good[0]
}


return {readCounts, readPredictions}
})()
