/* Orders as they stand at the OMS, with their progress; what may be cancelled can be, after a second tap. */
import { useEffect, useRef, useState } from 'react';

const { Quartz } = window;
const SIDES = { buy: '매수', sell: '매도' };

function Order({ order, again }) {
  const { asking, busy, said, sure, status, ask, keep, confirm } = Quartz.useSecondTap(
    { useEffect, useRef, useState }, `/api/orders/${order.intent_id}/cancel`, again);
  const name = `${order.name}(${order.ticker})`;

  return (
    <li data-order={order.intent_id} data-order-state={order.state}>
      <div className="qz-row">
        <span><span className="qz-name">{order.name}</span><span className="qz-code">({order.ticker})</span></span>
        <span className={`qz-side qz-${order.side}`}>{SIDES[order.side]} {Quartz.count(order.qty)}주</span>
      </div>
      <div className="qz-row qz-wrap">
        <span className="qz-quiet">{order.price ? Quartz.won(order.price) : '시장가'} · {order.state_text}</span>
        <span>{Quartz.count(order.filled)}/{Quartz.count(order.qty)}주 체결
          {order.provisional > order.filled ? <span className="qz-quiet"> (잠정 {Quartz.count(order.provisional)}주)</span> : null}</span>
      </div>
      <progress value={order.filled} max={order.qty} aria-label={`${name} 체결`} />
      {order.note ? <p className="qz-quiet">{order.note}</p> : null}
      {order.reason ? <p className="qz-quiet">이유: {order.reason}</p> : null}
      {order.state === 'MANUAL' ? (
        <div className="qz-actions qz-slim">
          <a className="qz-button qz-small" data-act="judge" href={Quartz.link('/desk')} aria-label={`${name} 주문판에서 직접 확인`}>직접 확인</a>
        </div>
      ) : null}
      <p className="qz-status" role="status" tabIndex={-1} ref={status}>{said}</p>
      {order.cancelable && !asking ? (
        <div className="qz-actions qz-slim">
          <button type="button" className="qz-button qz-small" data-act="cancel" disabled={busy}
            aria-label={`${name} 주문 취소`} onClick={ask}>취소</button>
        </div>
      ) : null}
      {order.cancelable && asking ? (
        <div role="group" aria-label={`${name} 주문 취소 확인`}>
          <p className="qz-note">남은 {Quartz.count(order.qty - order.filled)}주를 취소할까요?</p>
          <div className="qz-actions">
            <button type="button" ref={sure} className="qz-button qz-small" data-act="keep" disabled={busy} onClick={keep}>그냥 두기</button>
            <button type="button" className="qz-button qz-small qz-danger" data-act="confirm" disabled={busy} onClick={confirm}>주문 취소</button>
          </div>
        </div>
      ) : null}
    </li>
  );
}

const OrdersCard = Quartz.component('OrdersCard', function OrdersCard({ plan, onlyOpen }) {
  const asked = [onlyOpen ? 'open=1' : '', plan ? `plan_id=${encodeURIComponent(plan)}` : ''].filter(Boolean);
  const path = `/api/orders${asked.length ? '?' : ''}${asked.join('&')}`;
  const [answer, setAnswer] = useState(() => Quartz.known(path));
  const [trouble, setTrouble] = useState('');
  const [round, setRound] = useState(0);
  const finished = (data) => !onlyOpen && data.orders.length > 0 && data.orders.every((order) => !order.open);

  useEffect(() => Quartz.poll(path, (data, error) => {
    setTrouble(error ? error.message : '');
    if (data) setAnswer(data);
  }, { every: (data) => (data?.orders.some((order) => order.open) ? 3000 : 10000), until: finished }), [path, round]);

  const heading = `quartz-orders-${plan || 'all'}`;
  if (!answer) {
    return <section className="qz" data-card="orders"><p className="qz-quiet" role="status">{trouble || '주문을 불러오는 중이에요…'}</p></section>;
  }
  return (
    <section className="qz" role="group" aria-labelledby={heading} data-card="orders">
      <div className="qz-head">
        <h3 id={heading}>{onlyOpen ? '미체결 주문' : '주문'}</h3>
        <span className="qz-tag qz-end">{Quartz.time(answer.as_of)} 기준</span>
      </div>
      {answer.orders.length ? (
        <ul className="qz-list">{answer.orders.map((order) => <Order key={order.intent_id} order={order} again={() => setRound((n) => n + 1)} />)}</ul>
      ) : <p className="qz-quiet">{onlyOpen ? '미체결 주문이 없어요.' : '아직 나간 주문이 없어요.'}</p>}
      {trouble ? <p className="qz-error">{trouble}</p> : null}
    </section>
  );
});

export default <OrdersCard key={props.plan_id} plan={props.plan_id} onlyOpen={Boolean(props.open)} />;
