/* A strategy that trades by itself: which version runs, the mandate that waits for a signature, what its own part holds
   and makes. Signing takes a second tap; pausing and going on are words of the conversation. Every card shows now. */
import { useEffect, useRef, useState } from 'react';

const { Quartz } = window;
const PATH = '/api/strategy-runs';
const STATES = { active: '켜짐', paused: '잠시 멈춤', stopped: '꺼짐' };
const MOST = 5;

function Gain({ amount, percent }) {
  return (
    <span className={`qz-${Quartz.direction(amount)}`}>
      {Quartz.signed(amount)}{percent === undefined || percent === null ? '' : ` (${Quartz.pct(percent)})`}
    </span>
  );
}

function Offer({ mandate, name, note, again }) {
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const sure = useRef(null);
  const status = useRef(null);
  useEffect(() => { if (asking) sure.current?.focus(); }, [asking]);

  async function sign() {
    setBusy(true);
    const path = `/api/mandates/${mandate.id}/sign`;
    try {
      setSaid((await Quartz.once(path, () => Quartz.post(path))).message);
    } catch (error) {
      setSaid(error.message);
    }
    setBusy(false);
    setAsking(false);
    again();
    status.current?.focus();
  }

  return (
    <div data-part="offer" data-mandate={mandate.id}>
      <p className="qz-name">서명할 위임</p>
      <ul className="qz-lines">{mandate.lines.map((line, at) => <li key={at}>{line}</li>)}</ul>
      {note ? <p className="qz-quiet">{note}</p> : null}
      <p className="qz-status" role="status" tabIndex={-1} ref={status}>{said}</p>
      {asking ? (
        <div role="group" aria-label={`${name} 위임 서명 확인`}>
          <p className="qz-note">이 범위 안에서는 묻지 않고 주문해요. 맡길까요?</p>
          <div className="qz-actions">
            <button type="button" className="qz-button" data-act="keep" disabled={busy} onClick={() => setAsking(false)}>그만두기</button>
            <button type="button" ref={sure} className="qz-button qz-primary" data-act="confirm" disabled={busy} onClick={sign}>서명</button>
          </div>
        </div>
      ) : (
        <div className="qz-actions">
          <button type="button" className="qz-button qz-primary" data-act="sign" disabled={busy}
            aria-label={`${name} 위임에 서명하기`} onClick={() => setAsking(true)}>서명하기</button>
        </div>
      )}
    </div>
  );
}

function Run({ run, say, again }) {
  const waits = run.state === 'active' && !run.signed;
  const wishes = [
    ...(run.state === 'active' ? [['멈추기', '전략 멈춰줘']] : [['다시 켜기', '전략 켜줘']]),
    ...(run.state === 'active' && run.changed ? [['다시 켜기', '전략 켜줘']] : []),
    ...(run.state === 'stopped' ? [] : [['끄기', '전략 꺼줘']]),
  ];
  return (
    <section data-run={run.strategy_id} data-state={run.state} data-version={run.version} data-signed={String(run.signed)}>
      <div className="qz-head">
        <h3>{run.name}</h3>
        <span className="qz-tag">v{run.version}</span>
        <span className="qz-tag qz-end">{waits ? '서명 전' : STATES[run.state]}</span>
      </div>
      <p className="qz-quiet">{run.state === 'active' ? run.note : [run.state_text, run.note].filter(Boolean).join(' ')}</p>
      {waits && run.mandate && !run.changed ? <Offer mandate={run.mandate} name={run.name} note={run.offer_note} again={again} /> : null}
      {run.holdings.length ? (
        <>
          <dl className="qz-facts">
            <dt>전략이 가진 금액</dt><dd>{Quartz.won(run.value)}</dd>
            <dt>평가손익</dt><dd data-part="gain"><Gain amount={run.unrealised} percent={run.unrealised_pct} /></dd>
          </dl>
          <ul className="qz-list" aria-label="전략이 가진 종목">
            {run.holdings.slice(0, MOST).map((held) => (
              <li key={held.ticker} className="qz-row" data-held={held.ticker}>
                <span><span className="qz-name">{held.name}</span><span className="qz-code">({held.ticker})</span>
                  <br /><span className="qz-quiet">{Quartz.count(held.qty)}주</span></span>
                <span>{Quartz.won(held.value)}<br /><Gain amount={held.unrealised} percent={held.unrealised_pct} /></span>
              </li>
            ))}
          </ul>
          {run.holdings.length > MOST ? <p className="qz-quiet">그 밖에 {run.holdings.length - MOST}종목이 더 있어요.</p> : null}
        </>
      ) : <p className="qz-quiet">이 전략이 가진 종목은 아직 없어요.</p>}
      <div className="qz-actions" role="group" aria-label={`${run.name} 자동매매`}>
        {wishes.map(([label, words]) => (
          <button key={label} type="button" className="qz-button qz-small" data-choice={words} onClick={() => say(words)}>{label}</button>
        ))}
      </div>
    </section>
  );
}

const RunsCard = Quartz.component('RunsCard', function RunsCard({ say }) {
  const [answer, setAnswer] = useState(() => Quartz.known(PATH));
  const [trouble, setTrouble] = useState('');
  const [round, setRound] = useState(0);
  useEffect(() => Quartz.poll(PATH, (data, error) => {
    setTrouble(error ? error.message : '');
    if (data) setAnswer(data);
  }, { every: 5000 }), [round]);

  if (!answer) {
    return <section className="qz" data-card="runs"><p className="qz-quiet" role="status">{trouble || '자동매매를 불러오는 중이에요…'}</p></section>;
  }
  return (
    <section className="qz" role="group" aria-label="자동매매" data-card="runs">
      {answer.runs.length ? answer.runs.map((run) => <Run key={run.strategy_id} run={run} say={say} again={() => setRound((n) => n + 1)} />)
        : <p className="qz-quiet">켜 둔 전략이 없어요.</p>}
      {trouble ? <p className="qz-error">{trouble}</p> : null}
      <p className="qz-note">{answer.label ? `${answer.label} · ` : ''}<a href={Quartz.link('/desk')}>주문판으로</a></p>
    </section>
  );
});

export default <RunsCard say={sendUserMessage} />;
