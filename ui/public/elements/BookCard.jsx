/* The account now: total, cash, gains and losses, the five largest holdings; the rest is on the account page. */
import { useEffect, useState } from 'react';

const { Quartz } = window;
const PATH = '/api/book';
const MOST = 5;

function Gain({ amount, percent }) {
  return (
    <span className={`qz-${Quartz.direction(amount)}`}>
      {Quartz.signed(amount)}{percent === undefined || percent === null ? '' : ` (${Quartz.pct(percent)})`}
    </span>
  );
}

const BookCard = Quartz.component('BookCard', function BookCard() {
  const [book, setBook] = useState(() => Quartz.known(PATH));
  const [trouble, setTrouble] = useState('');
  useEffect(() => Quartz.poll(PATH, (data, error) => {
    setTrouble(error ? error.message : '');
    if (data) setBook(data);
  }, { every: 10000 }), []);

  if (!book) {
    return <section className="qz" data-card="book"><p className="qz-quiet" role="status">{trouble || '계좌를 불러오는 중이에요…'}</p></section>;
  }
  const largest = [...book.holdings].sort((a, b) => b.value - a.value);
  return (
    <section className="qz" role="group" aria-label="내 계좌" data-card="book">
      <div className="qz-head">
        <h3>내 계좌</h3>
        {book.label ? <span className="qz-tag">{book.label}</span> : null}
        <span className="qz-tag qz-end">{Quartz.time(book.as_of)} 기준</span>
      </div>
      <p className="qz-row qz-wrap"><span className="qz-total">{Quartz.won(book.total_value)}</span>
        {book.day_change === null || book.day_change === undefined ? null
          : <span><span className="qz-quiet">오늘 </span><Gain amount={book.day_change} /></span>}</p>
      <dl className="qz-facts">
        <dt>평가손익</dt><dd><Gain amount={book.unrealised} /></dd>
        <dt>오늘 실현손익</dt><dd><Gain amount={book.realised_today} /></dd>
        <dt>예수금(D+2)</dt><dd>{Quartz.won(book.cash)}</dd>
        <dt>주문 가능 금액</dt><dd>{Quartz.won(book.buying_power)}</dd>
      </dl>
      {largest.length ? (
        <ul className="qz-list" aria-label="보유 종목">
          {largest.slice(0, MOST).map((held) => (
            <li key={held.ticker} className="qz-row">
              <span><span className="qz-name">{held.name}</span><span className="qz-code">({held.ticker})</span>
                <br /><span className="qz-quiet">{Quartz.count(held.qty)}주</span></span>
              <span>{Quartz.won(held.value)}<br /><Gain amount={held.unrealised} percent={held.unrealised_pct} /></span>
            </li>
          ))}
        </ul>
      ) : <p className="qz-quiet">보유 종목이 없어요.</p>}
      {book.reconciled === false ? <p className="qz-warn">거래소 기록과 맞춰 보는 중이라 숫자가 조금 달라질 수 있어요.</p> : null}
      {book.trading_state !== 'ACTIVE' ? <p className="qz-warn">{book.trading_state === 'HALTED' ? '지금은 전체 정지 상태예요.' : '지금은 줄이는 주문과 취소만 할 수 있어요.'}</p> : null}
      {trouble ? <p className="qz-error">{trouble}</p> : null}
      <p className="qz-note"><a href={Quartz.link('/desk')}>{largest.length > MOST ? `모두 보기 (${largest.length}종목)` : '주문판으로'}</a></p>
    </section>
  );
});

export default <BookCard />;
