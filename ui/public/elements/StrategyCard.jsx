/* A strategy in words, and as the very JSON that is kept: shown on a tap, and to take along. */
import { useEffect, useState } from 'react';

const { Quartz } = window;

const StrategyCard = Quartz.component('StrategyCard', function StrategyCard({ id }) {
  const path = `/api/strategies/${id}`;
  const [strategy, setStrategy] = useState(() => Quartz.known(path));
  const [trouble, setTrouble] = useState('');

  useEffect(() => Quartz.poll(path, (data, error) => {
    setTrouble(error ? error.message : '');
    if (data) setStrategy(data);
  }, { every: 5000, until: () => true }), [path]);

  const heading = `quartz-strategy-${id}`;
  if (!strategy) {
    return <section className="qz" data-card="strategy"><p className="qz-quiet" role="status">{trouble || '전략을 불러오는 중이에요…'}</p></section>;
  }
  // The lines are those of the terminal: there the name and the bullets are part of the text.
  const told = strategy.summary_lines.length ? strategy.summary_lines : strategy.lines;
  const lines = told.filter((line) => !line.startsWith('전략 카드')).map((line) => line.replace(/^·\s*/, ''));
  return (
    <section className="qz" role="group" aria-labelledby={heading} data-card="strategy" data-id={id}>
      <div className="qz-head">
        <h3 id={heading}>{strategy.name || '내 전략'}</h3>
        {strategy.version ? <span className="qz-tag qz-end">v{strategy.version}</span> : null}
      </div>
      <ul className="qz-lines">{lines.map((line, at) => <li key={at}>{line}</li>)}</ul>
      <details>
        <summary>JSON으로 보기</summary>
        <pre tabIndex={0} aria-label="전략 JSON">{JSON.stringify(strategy.spec ?? null, null, 2)}</pre>
      </details>
      <a href={Quartz.link(`${path}.json`)} download data-act="download">JSON 내려받기</a>
    </section>
  );
});

export default <StrategyCard key={props.strategy_id} id={props.strategy_id} />;
