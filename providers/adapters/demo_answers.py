"""The answers of the demo models: Markdown with everything that a page can show."""

from __future__ import annotations

NOTICE = "*Demo answer: written in advance, no language model was asked.*"

SWIFT = """{notice}{images}

**Short answer** to “{prompt}”{turn}:

- Ask several models the same question.
- Compare what they say, and *how fast* they say it.
- Keep the one you like, and ask it something more.

```python
def best(answers: dict[str, int]) -> str:
    return max(answers, key=answers.__getitem__)
```
"""

SCHOLAR = """{notice}{images}

## On “{prompt}”{turn}

Three things matter when answers are compared: **speed**, **cost** and **quality**. The first two can be measured; the
third is yours to judge.

| Measure | What it says | Unit |
|:--|:--|--:|
| Time to first token | how long you wait | s |
| Tokens per second | how fast it writes | 1/s |
| Cost | what the answer is worth to you | $ |

The whole time of an answer of $n$ tokens follows from the time to the first token $t_0$ and the rate $r$:

$$t(n) = t_0 + \\frac{{n - 1}}{{r}}$$

In code, with SQL for the history and JavaScript for the page:

```sql
SELECT model, avg(ttft) AS wait, count(*) AS answers
FROM generation
GROUP BY model
ORDER BY wait;
```

```javascript
const fastest = results.reduce((a, b) => (a.ttft < b.ttft ? a : b));
console.log(`${{fastest.model}} was first after ${{fastest.ttft}} s`);
```

> Not everything that counts can be counted, and not everything that can be counted counts.

1. Read each answer to its end.
2. Vote for the best one, or for none.
3. Ask a follow-up question:
   - to all of them at once,
   - or only to your favorite.

That is all this demo knows. With a key under *Keys*, real models answer here.
"""

THINKER_REASONING = """The question is “{prompt}”. A demo knows no answer, so the honest way is to say what an answer
would need. First I would find out what is meant. Then I would collect two or three ways to answer it, and test each
with a small example. By hand: 2 + 2 = 4, and 2 · 2 = 4, so one example is not enough to tell two rules apart.
A second example settles it: 3 + 3 = 6, but 3 · 3 = 9. So the plan is a short list, a check, and a conclusion.
"""

THINKER = """{notice}{images}

I thought about “{prompt}”{turn} before I wrote this; the reasoning is shown above the answer.

### Plan

- [x] Understand the question
- [x] Think of two rules that fit the first example
- [x] Find an example that tells them apart
- [ ] Ask a real model

### Check

With $f(x) = x + x$ and $g(x) = x^2$, the two agree if $x + x = x^2$, that is, if $x(x - 2) = 0$:

$$x = 0 \\quad\\text{{or}}\\quad x = 2$$

```rust
fn agree(x: i64) -> bool {{
    x + x == x * x
}}

fn main() {{
    let found: Vec<i64> = (0..10).filter(|&x| agree(x)).collect();
    println!("{{found:?}}"); // [0, 2]
}}
```

```bash
$ cargo run --quiet
[0, 2]
```

**Conclusion:** one example never proves a rule. ~~Trust~~ Compare.
"""
