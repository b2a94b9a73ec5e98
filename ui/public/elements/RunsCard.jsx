/* A strategy that trades by itself: which version runs, the mandate that waits for a signature, what its conditions bought
   and why, where its idle money rests, what all that makes and costs. Signing takes a second tap; pausing and going on
   are words of the conversation. Every card shows now. */
import { useEffect, useRef, useState } from 'react';

const { Quartz } = window;
const PATH = '/api/strategy-runs';
const STATES = { active: '켜짐', paused: '잠시 멈춤', stopped: '꺼짐' };
const SIDES = { buy: '매수', sell: '매도' };
const MOST = 5;

function Gain({ amount, percent }) {
  return (
    <span className={`qz-${Quartz.direction(amount)}`}>
      {Quartz.signed(amount)}{percent === undefined || percent === null ? '' : ` (${Quartz.pct(percent)})`}
    </span>
  );
}

function Offer({ mandate, name, note, again }) {
  const { asking, busy, said, sure, status, ask, keep, confirm } = Quartz.useSecondTap(
    { useEffect, useRef, useState }, `/api/mandates/${mandate.id}/sign`, again);

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
            <button type="button" className="qz-button" data-act="keep" disabled={busy} onClick={keep}>그만두기</button>
            <button type="button" ref={sure} className="qz-button qz-primary" data-act="confirm" disabled={busy} onClick={confirm}>서명</button>
          </div>
        </div>
      ) : (
        <div className="qz-actions">
          <button type="button" className="qz-button qz-primary" data-act="sign" disabled={busy}
            aria-label={`${name} 위임에 서명하기`} onClick={ask}>서명하기</button>
        </div>
      )}
    </div>
  );
}

function Run({ run, say, again }) {
  const waits = run.state === 'active' && !run.signed;
  const owns = run.holdings.length > 0 || run.parked !== null;
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
      {owns || run.costs ? (
        <dl className="qz-facts">
          <dt>전략이 가진 금액</dt><dd>{Quartz.won(run.value)}</dd>
          <dt>평가손익</dt><dd data-part="gain"><Gain amount={run.unrealised} percent={run.unrealised_pct} /></dd>
          {run.costs === null ? null : <><dt>낸 수수료·세금</dt><dd data-part="costs">{Quartz.won(run.costs)}</dd></>}
        </dl>
      ) : null}
      {run.holdings.length ? (
        <ul className="qz-list" aria-label="전략이 산 종목">
          {run.holdings.slice(0, MOST).map((held) => (
            <li key={held.ticker} className="qz-row" data-held={held.ticker}>
              <span><span className="qz-name">{held.name}</span><span className="qz-code">({held.ticker})</span>
                <br /><span className="qz-quiet">{Quartz.count(held.qty)}주</span></span>
              <span>{Quartz.won(held.value)}<br /><Gain amount={held.unrealised} percent={held.unrealised_pct} /></span>
            </li>
          ))}
        </ul>
      ) : <p className="qz-quiet" data-part="waits">조건에 맞아 산 종목은 아직 없어요. {run.signed ? run.watch : ''}</p>}
      {run.holdings.length > MOST ? <p className="qz-quiet">그 밖에 {run.holdings.length - MOST}종목이 더 있어요.</p> : null}
      {run.parked ? (
        <ul className="qz-list" aria-label="쉬는 돈">
          <li className="qz-row" data-parked={run.parked.ticker}>
            <span>쉬는 돈<br /><span className="qz-quiet">{run.parked.name} {Quartz.count(run.parked.qty)}주</span></span>
            <span>{Quartz.won(run.parked.value)}<br /><Gain amount={run.parked.unrealised} percent={run.parked.unrealised_pct} /></span>
          </li>
        </ul>
      ) : null}
      {run.trades.length ? (
        <details>
          <summary>최근 거래</summary>
          <ul className="qz-list">
            {run.trades.map((trade) => (
              <li key={trade.id} data-trade={trade.ticker}>
                <div className="qz-row">
                  <span className="qz-name">{trade.name}</span>
                  <span className={`qz-side qz-${trade.side}`}>{SIDES[trade.side]} {Quartz.count(trade.qty)}주</span>
                </div>
                <div className="qz-row qz-wrap">
                  <span className="qz-quiet">{Quartz.time(trade.at)} · {trade.reason}</span><span>{Quartz.won(trade.price)}</span>
                </div>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
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
