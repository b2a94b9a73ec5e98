/* How the account has done: its worth over time, or its gains and losses day by day, drawn by the server. The sentence
   below says the same to who cannot see it. */
import { useEffect, useRef, useState } from 'react';

const { Quartz } = window;
const VIEWS = [['equity', '자산'], ['pnl', '손익']];

const EquityCard = Quartz.component('EquityCard', function EquityCard({ first }) {
  const [view, setView] = useState(first);
  const [chart, setChart] = useState(null);
  const [trouble, setTrouble] = useState('');
  const box = useRef(null);

  useEffect(() => {
    let gone = false;
    setTrouble('');
    Quartz.get(`/api/charts/${view}`)
      .then((data) => { if (!gone) setChart(data); })
      .catch((error) => { if (!gone) setTrouble(error.message); });
    return () => { gone = true; };
  }, [view]);
  useEffect(() => {
    if (!chart || chart.empty) return undefined;
    return Quartz.draw(box.current, chart.figure, (error) => setTrouble(error.message));
  }, [chart]);

  return (
    <section className="qz qz-wide" role="group" aria-label="자산 흐름" data-card="equity" data-view={view}>
      <div className="qz-head">
        <h3>자산 흐름</h3>
        {chart?.label ? <span className="qz-tag">{chart.label}</span> : null}
        <span className="qz-periods" role="group" aria-label="보기">
          {VIEWS.map(([code, label]) => (
            <button key={code} type="button" className="qz-button qz-small" data-view={code} aria-pressed={view === code}
              onClick={() => setView(code)}>{label}</button>
          ))}
        </span>
      </div>
      <div ref={box} className="qz-chart" role="img" aria-label={chart?.summary || '자산 흐름 차트'}
        hidden={!chart || Boolean(chart.empty) || Boolean(trouble)} />
      <p className="qz-quiet" role="status">
        {trouble || chart?.empty || (chart ? chart.summary : '차트를 불러오는 중이에요…')}
        {chart?.as_of && !trouble ? ` · ${Quartz.time(chart.as_of)} 기준` : ''}
      </p>
    </section>
  );
});

export default <EquityCard key={props.view} first={props.view || 'equity'} />;
