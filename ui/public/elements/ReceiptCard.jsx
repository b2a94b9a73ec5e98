/* A decision's receipt: what was said, on what grounds, on whose word, what came of it; the whole of it as a file. */
import { useEffect, useState } from 'react';

const { Quartz } = window;

const ReceiptCard = Quartz.component('ReceiptCard', function ReceiptCard({ id }) {
  const path = `/api/receipts/${id}/lines`;
  const [told, setTold] = useState(() => Quartz.known(path));
  const [trouble, setTrouble] = useState('');
  useEffect(() => Quartz.poll(path, (data, error) => {
    setTrouble(error ? error.message : '');
    if (data) setTold(data);
  }, { every: 10000, until: (data) => Boolean(data?.done) }), [path]);

  const heading = `quartz-receipt-${id}`;
  if (!told) {
    return <section className="qz" data-card="receipt"><p className="qz-quiet" role="status">{trouble || '영수증을 불러오는 중이에요…'}</p></section>;
  }
  const end = ` · ${told.outcome}`; // stands beside the heading already
  const headline = told.headline.endsWith(end) ? told.headline.slice(0, -end.length) : told.headline;
  return (
    <section className="qz" role="group" aria-labelledby={heading} data-card="receipt" data-id={id}>
      <div className="qz-head">
        <h3 id={heading}>영수증</h3>
        <span className="qz-tag qz-end">{told.outcome}</span>
      </div>
      <p className="qz-quiet">{headline}</p>
      <ul className="qz-list">
        {told.lines.map((line) => <li key={line}>{line.replace(/^· /, '')}</li>)}
      </ul>
      <div className="qz-actions">
        <a className="qz-button" href={Quartz.link(`/api/receipts/${id}`)} download={`quartz-receipt-${id}.json`}>내려받기</a>
      </div>
      <p className="qz-note">{told.steps}단계 · 확인 값 {told.head.slice(0, 16)}</p>
      {trouble ? <p className="qz-error">{trouble}</p> : null}
    </section>
  );
});

export default <ReceiptCard key={props.plan_id} id={props.plan_id} />;
