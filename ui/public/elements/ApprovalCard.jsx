/* The question before an order: every number is the gate's, stored with the question; only the state is asked again.
   It can approve, approve less, or reject, once; an answered, expired or replaced card only tells what became of it. */
import React, { useEffect, useRef, useState } from 'react';

const { Quartz } = window;
const SIDES = { buy: '매수', sell: '매도' };
const LATE = '승인 시간이 지났어요. 이 카드로는 주문할 수 없어요.';
const TAGS = { approved: '승인함', rejected: '거절함', expired: '시간 지남', superseded: '바뀜' };
const AGAIN = {
  expired: '승인 시간이 지나 지금 가격으로 다시 여쭤봐요.',
  repriced: '가격이 많이 움직여 지금 가격으로 다시 여쭤봐요.',
  limits: '그사이 한도가 달라져 수량을 줄여 다시 여쭤봐요.',
  mandate: '위임 범위를 벗어나 직접 여쭤봐요.',
};
// A limit that lowered a quantity ends its sentence so (domain/gate); the numbers are shown first.
const CUT = /\s*([\d,]+)주에서 ([\d,]+)주로 줄였어요\.?$/;
const SLOW_AFTER_MS = 180000;
const ENOUGH_MS = 1800000;

const age = (approval) => Date.parse(approval.now) - Date.parse(approval.decision?.decided_at ?? approval.created_at);

function finished(approval) {
  if (approval.state !== 'approved') return approval.state !== 'open';
  const waiting = approval.orders.length === 0 || approval.orders.some((order) => order.open);
  return !waiting || age(approval) > ENOUGH_MS;
}

const pace = (approval) => (approval?.state === 'approved' && age(approval) > SLOW_AFTER_MS ? 10000 : 2000);

function progress(orders) {
  if (!orders.length) return '승인했어요. 주문을 보내고 있어요.';
  if (orders.some((order) => order.open)) return '승인했어요. 체결을 기다리고 있어요.';
  return orders.every((order) => order.filled === order.qty) ? '모두 체결됐어요.' : '주문이 끝났어요.';
}

function Limit({ limit, legs }) {
  const leg = legs.find((one) => one.leg === limit.leg);
  const cut = limit.message.match(CUT);
  const name = leg && legs.length > 1 && !limit.message.includes(leg.name) ? `${leg.name}: ` : '';
  return <p>{name}{cut ? `한도 때문에 ${cut[1]}주 → ${cut[2]}주 · ` : ''}{limit.message.replace(CUT, '')}</p>;
}

function Stepper({ leg, value, change, disabled, first }) {
  const label = `${leg.name} 수량`;
  const move = (by) => change(Math.min(leg.qty, Math.max(1, (Number(value) || 1) + by)));
  return (
    <div className="qz-stepper">
      <button type="button" className="qz-button" aria-label={`${label} 1주 줄이기`} onClick={() => move(-1)}
        disabled={disabled || Number(value) <= 1}>−</button>
      <input ref={first} type="number" inputMode="numeric" min="1" max={leg.qty} step="1" aria-label={label} value={value}
        data-leg={leg.leg} disabled={disabled} onChange={(event) => change(event.target.value)} />
      <button type="button" className="qz-button" aria-label={`${label} 1주 늘리기`} onClick={() => move(1)}
        disabled={disabled || Number(value) >= leg.qty}>+</button>
      <span className="qz-quiet">최대 {Quartz.count(leg.qty)}주</span>
    </div>
  );
}

function Leg({ leg, order, given, stepper }) {
  const market = leg.order_type === 'market';
  const qty = given ?? leg.qty;
  return (
    <li data-leg-row={leg.leg}>
      <div className="qz-row">
        <span><span className="qz-name">{leg.name}</span><span className="qz-code">({leg.ticker})</span></span>
        <span className={`qz-side qz-${leg.side}`}>{SIDES[leg.side]} {Quartz.count(qty)}주</span>
      </div>
      <div className="qz-row qz-wrap">
        <span className="qz-quiet">
          {market ? '시장가' : `지정가 ${Quartz.won(leg.price)}`}{leg.reference ? ` · 지금 ${Quartz.won(leg.reference)}` : ''}
        </span>
        <span>{market ? '약 ' : ''}{Quartz.won(qty === leg.qty ? leg.amount : Math.round((leg.amount * qty) / leg.qty))}</span>
      </div>
      {leg.reason ? <p className="qz-quiet">이유: {leg.reason}</p> : null}
      {stepper}
      {order ? <Progress order={order} /> : null}
    </li>
  );
}

function Progress({ order }) {
  return (
    <div data-order={order.intent_id} data-order-state={order.state}>
      <div className="qz-row qz-quiet"><span>{order.state_text}</span>
        <span>{Quartz.count(order.filled)}/{Quartz.count(order.qty)}주 체결</span></div>
      <progress value={order.filled} max={order.qty} aria-label={`${order.name} 체결`} />
    </div>
  );
}

function Money({ card, share }) {
  const sums = share ?? { buy: card.buy_amount, sell: card.sell_amount };
  return (
    <dl className="qz-facts">
      {Object.keys(SIDES).filter((side) => sums[side]).map((side) => (
        <React.Fragment key={side}>
          <dt>예상 {SIDES[side]} 금액</dt><dd><strong>{share ? '약 ' : ''}{Quartz.won(sums[side])}</strong></dd>
        </React.Fragment>
      ))}
      {share ? null : <><dt>수수료</dt><dd>{Quartz.won(card.fee)}</dd><dt>세금</dt><dd>{Quartz.won(card.tax)}</dd>
        <dt>주문 뒤 주문 가능 금액</dt><dd>{Quartz.won(card.cash_after)}</dd></>}
    </dl>
  );
}

const ApprovalCard = Quartz.component('ApprovalCard', function ApprovalCard({ given }) {
  const [id, setId] = useState(given);
  const path = `/api/approvals/${id}`;
  const [approval, setApproval] = useState(() => Quartz.known(path));
  const [skew, setSkew] = useState(0);
  const [now, setNow] = useState(Date.now());
  const [wish, setWish] = useState(null); // leg number → quantity while lowering
  const [ack, setAck] = useState(false);
  const [busy, setBusy] = useState(false);
  const [round, setRound] = useState(0); // a decision starts the asking afresh
  const [trouble, setTrouble] = useState('');
  const [offline, setOffline] = useState('');
  const box = useRef(null);
  const status = useRef(null);
  const first = useRef(null);

  useEffect(() => setId(given), [given]);

  function take(fresh) {
    // What is decided stays so: a poll that was on its way does not open the card again.
    setApproval((old) => (old?.id === fresh.id && old.state !== 'open' && fresh.state === 'open' ? old : fresh));
    setSkew(Date.parse(fresh.now) - Date.now());
  }

  useEffect(() => Quartz.poll(path, (data, error) => {
    setOffline(error ? error.message : '');
    if (data) take(data);
  }, { every: pace, until: finished }), [path, round]);

  const state = approval?.state ?? 'loading';
  useEffect(() => {
    if (state !== 'open') return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [state]);
  useEffect(() => { if (state === 'open') Quartz.reveal(box.current); }, [id, state]);
  useEffect(() => { if (wish) first.current?.focus(); }, [wish === null]);

  const heading = `quartz-approval-${id}`;
  if (!approval) {
    return (
      <section className="qz" role="group" aria-label="주문 승인" data-card="approval" data-id={id} data-state="loading">
        <p className="qz-quiet" role="status">{offline || '주문 승인 카드를 불러오는 중이에요…'}</p>
      </section>
    );
  }

  const { card } = approval;
  const remaining = Date.parse(approval.expires_at) - (now + skew);
  const late = state === 'open' && remaining <= 0;
  const open = state === 'open' && !late;
  const decided = approval.decision?.quantities ?? {};
  const placed = Object.fromEntries(approval.orders.map((order) => [order.leg, order]));
  const lowered = wish && Object.fromEntries(card.legs.map((leg) => [leg.leg, Number(wish[leg.leg])]));
  const wrong = wish && card.legs.find((leg) => {
    const qty = lowered[leg.leg];
    return !Number.isInteger(qty) || qty < 1 || qty > leg.qty;
  });
  const changed = open && wish && !wrong ? lowered : decided;
  const part = (side) => card.legs.filter((leg) => leg.side === side)
    .reduce((sum, leg) => sum + Math.round((leg.amount * (changed[leg.leg] ?? leg.qty)) / leg.qty), 0);
  const less = card.legs.some((leg) => (changed[leg.leg] ?? leg.qty) < leg.qty);
  const share = less ? { buy: part('buy'), sell: part('sell') } : null;
  const unready = busy || (card.needs_unsuitable_ack && !ack);

  async function decide(decision) {
    setBusy(true);
    setTrouble('');
    const body = { decision, quantities: decision === 'approve' && lowered ? lowered : {}, unsuitable_ack: ack };
    try {
      const answer = await Quartz.once(path, () => Quartz.post(path, body));
      if (answer.approval) take(answer.approval);
      setWish(null);
    } catch (error) {
      if (error.body?.approval) take(error.body.approval);
      setTrouble(error.message);
    }
    setBusy(false);
    setRound((n) => n + 1);
    status.current?.focus();
  }

  function toNewer() {
    const there = document.querySelector(`[data-card="approval"][data-id="${CSS.escape(approval.newer)}"]`);
    if (there) {
      there.scrollIntoView({ block: 'center', behavior: 'smooth' });
      there.querySelector('[role=status]')?.focus({ preventScroll: true });
      return;
    }
    setApproval(Quartz.known(`/api/approvals/${approval.newer}`));
    setId(approval.newer);
  }

  const said = late ? LATE : approval.note || approval.unavailable || (state === 'approved' ? progress(approval.orders) : '');
  return (
    <section ref={box} className="qz" role="group" aria-labelledby={heading} data-card="approval" data-id={id}
      data-state={late ? 'expired' : state}>
      <div className="qz-head">
        <h3 id={heading}>{open ? '이 주문을 승인할까요?' : '주문 승인'}</h3>
        {card.label ? <span className="qz-tag">{card.label}</span> : null}
        {open ? null : <span className="qz-tag qz-end">{late ? TAGS.expired : TAGS[state]}</span>}
      </div>
      {open && card.why_again ? <p className="qz-quiet">{AGAIN[card.why_again]}</p> : null}
      <ul className="qz-list">
        {card.legs.map((leg, at) => (
          <Leg key={leg.leg} leg={leg} order={placed[leg.leg]}
            given={open && wish ? (lowered[leg.leg] || leg.qty) : decided[leg.leg]}
            stepper={open && wish ? <Stepper leg={leg} value={wish[leg.leg]} disabled={busy}
              first={at === 0 ? first : null} change={(qty) => setWish({ ...wish, [leg.leg]: qty })} /> : null} />
        ))}
      </ul>
      {open || state === 'approved' ? <Money card={card} share={share} /> : null}
      {share && open ? <p className="qz-quiet">수수료와 세금은 줄인 수량으로 다시 계산돼요.</p> : null}
      {open && card.limits.length ? (
        <div className="qz-warn">{card.limits.map((limit, at) => <Limit key={at} limit={limit} legs={card.legs} />)}</div>
      ) : null}
      {open ? (
        <div className="qz-note qz-quiet">
          {card.exits ? <div>{card.exits}</div> : null}
          <div role="timer">{Quartz.time(approval.expires_at)}까지 · {Quartz.left(remaining)} 남았어요</div>
        </div>
      ) : null}
      {open && card.needs_unsuitable_ack ? (
        <label className="qz-check">
          <input type="checkbox" checked={ack} disabled={busy} data-act="ack" onChange={(event) => setAck(event.target.checked)} />
          <span>내 투자성향보다 위험한 상품인 것을 확인했어요.</span>
        </label>
      ) : null}
      <p className="qz-status" role="status" aria-live="polite" tabIndex={-1} ref={status}>
        {busy ? '처리하는 중이에요…' : said}
      </p>
      {wrong ? <p className="qz-error" role="alert">{wrong.name} 수량은 1주에서 {Quartz.count(wrong.qty)}주 사이로 적어 주세요.</p> : null}
      {trouble ? <p className="qz-error" role="alert">{trouble}</p> : null}
      {offline && !finished(approval) ? <p className="qz-error">{offline}</p> : null}
      {open ? (
        <div className="qz-actions">
          <button type="button" className="qz-button qz-primary" data-act={wish ? 'confirm' : 'approve'}
            disabled={unready || Boolean(wrong)} onClick={() => decide('approve')}>{wish ? '이대로 승인' : '승인'}</button>
          <button type="button" className="qz-button" data-act={wish ? 'back' : 'lower'} disabled={busy}
            onClick={() => setWish(wish ? null : Object.fromEntries(card.legs.map((leg) => [leg.leg, leg.qty])))}>
            {wish ? '돌아가기' : '수량 줄이기'}
          </button>
          {wish ? null : <button type="button" className="qz-button" data-act="reject" disabled={busy}
            onClick={() => decide('reject')}>거절</button>}
        </div>
      ) : null}
      {approval.newer && (state === 'superseded' || state === 'expired') ? (
        <div className="qz-actions">
          <button type="button" className="qz-button" data-act="newer" onClick={toNewer}>새 카드 보기</button>
        </div>
      ) : null}
    </section>
  );
});

export default <ApprovalCard given={props.approval_id} />;
