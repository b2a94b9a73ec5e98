/* At most three proposals with one reason each, and the words that would order them as buttons. It orders nothing:
   the words go through the conversation, and the approval card asks. */
import { useEffect, useRef, useState } from 'react';

const { Quartz } = window;
const SIDES = { buy: '매수', sell: '매도' };
const MOST = 3;

/* A number that says where it is from: pointed at, focused or pressed; Escape closes it. */
function Figure({ figure, mark }) {
  const [pinned, setPinned] = useState(false);
  return (
    <span className="qz-mark" data-open={pinned}>
      <button type="button" className="qz-figure" aria-expanded={pinned} aria-describedby={mark}
        onClick={() => setPinned(!pinned)} onBlur={() => setPinned(false)}
        onKeyDown={(event) => { if (event.key === 'Escape') setPinned(false); }}>{figure.text}</button>
      <span id={mark} role="note" className="qz-source">
        {figure.label ? `${figure.label}: ` : ''}{figure.source} · {Quartz.time(figure.as_of)}</span>
    </span>
  );
}

function Reason({ text, figures, name }) {
  return (
    <span className="qz-quiet qz-reason">{Quartz.marked(text, figures ?? []).map((part, at) => (
      part.figure ? <Figure key={at} figure={part.figure} mark={`${name}-${at}`} /> : <span key={at}>{part.text}</span>
    ))}</span>
  );
}

const ProposalsCard = Quartz.component('ProposalsCard', function ProposalsCard({ id, say }) {
  const path = `/api/cards/${id}`;
  const box = useRef(null);
  const [kept, setKept] = useState(() => Quartz.known(path));
  const [said, setSaid] = useState(null);
  const [older, setOlder] = useState(false);
  const [trouble, setTrouble] = useState('');

  useEffect(() => Quartz.poll(path, (data, error) => {
    setTrouble(error ? error.message : '');
    if (data) setKept(data);
  }, { every: 5000, until: () => true }), [path]);
  useEffect(() => {
    const look = () => setOlder(box.current !== null && Quartz.answered(box.current) !== null);
    look();
    return Quartz.onSpoken(look);
  }, []);

  useEffect(() => { if (kept) Quartz.reveal(box.current); }, [kept !== null]);

  const heading = `quartz-proposals-${id}`;
  if (!kept) {
    return <section className="qz" data-card="proposals"><p className="qz-quiet" role="status">{trouble || '제안을 불러오는 중이에요…'}</p></section>;
  }
  const all = kept.body.proposals ?? [];
  const shown = all.slice(0, MOST);
  const more = (kept.body.more ?? 0) + all.length - shown.length;
  const single = shown.length === 1;
  const wishes = [
    ['이대로 주문', '이대로 주문', 'qz-button qz-primary'],
    ...(single ? [] : shown.map((_, at) => [`${at + 1}번만`, `${at + 1}번만 주문`, 'qz-button'])),
    ['왜?', '왜?', 'qz-button'],
  ];
  // A question about the proposals leaves them on the table; an order takes them off it.
  const closed = older && said !== '왜?';

  function press(words) {
    setSaid(words);
    say(words);
  }

  return (
    <section ref={box} className="qz" role="group" aria-labelledby={heading} data-card="proposals" data-id={id}
      data-state={closed ? 'closed' : 'open'}>
      <div className="qz-head">
        <h3 id={heading}>{shown.length ? '제안한 주문' : '지금은 권할 만한 주문이 없어요'}</h3>
        <span className="qz-tag qz-end">{Quartz.time(kept.created_at)}</span>
      </div>
      <ol className="qz-list">
        {shown.map((leg, at) => (
          <li key={at}>
            <div className="qz-row">
              <span>{at + 1}. <span className="qz-name">{leg.name}</span><span className="qz-code">({leg.ticker})</span></span>
              <span className={`qz-side qz-${leg.side}`}>{SIDES[leg.side]} {Quartz.count(leg.qty)}주</span>
            </div>
            <div className="qz-row qz-wrap">
              <Reason text={leg.reason} figures={leg.figures} name={`${heading}-${at}`} />
              <span>{leg.price ? `1주 ${Quartz.won(leg.price)}` : '시장가'}</span>
            </div>
          </li>
        ))}
      </ol>
      {more ? <p className="qz-quiet">그 밖에 {more}건이 더 있어요. 말로 물어보시면 보여 드려요.</p> : null}
      {shown.length ? (
        <div className="qz-actions">
          {wishes.map(([label, words, look]) => (
            <button key={label} type="button" className={closed ? 'qz-button' : look} data-choice={words}
              disabled={closed || said === '이대로 주문'} onClick={() => press(words)}>{label}</button>
          ))}
        </div>
      ) : null}
    </section>
  );
});

export default <ProposalsCard key={props.card_id} id={props.card_id} say={sendUserMessage} />;
