/* A price chart: the figure comes drawn from the server, plotly is fetched once and only when a chart is shown. The
   sentence below it says the same to who cannot see it. */
import { useEffect, useRef, useState } from 'react';

const { Quartz } = window;
const PERIODS = [['D', '일'], ['W', '주'], ['M', '월']];

const ChartCard = Quartz.component('ChartCard', function ChartCard({ ticker, first }) {
  const [period, setPeriod] = useState(first);
  const [chart, setChart] = useState(null);
  const [trouble, setTrouble] = useState('');
  const box = useRef(null);

  useEffect(() => {
    let gone = false;
    setTrouble('');
    Quartz.get(`/api/charts/price/${encodeURIComponent(ticker)}?period=${period}`)
      .then((data) => { if (!gone) setChart(data); })
      .catch((error) => { if (!gone) setTrouble(error.message); });
    return () => { gone = true; };
  }, [ticker, period]);

  useEffect(() => {
    if (!chart || chart.empty) return undefined;
    return Quartz.draw(box.current, chart.figure, (error) => setTrouble(error.message));
  }, [chart]);

  const name = chart?.name ? `${chart.name}(${ticker})` : ticker;
  return (
    <section className="qz qz-wide" role="group" aria-label={`${name} 차트`} data-card="chart" data-ticker={ticker} data-period={period}>
      <div className="qz-head">
        <h3>{name} 차트</h3>
        {chart?.label ? <span className="qz-tag">{chart.label}</span> : null}
        <span className="qz-periods" role="group" aria-label="기간">
          {PERIODS.map(([code, label]) => (
            <button key={code} type="button" className="qz-button qz-small" data-period={code} aria-pressed={period === code}
              aria-label={`${label}봉`} onClick={() => setPeriod(code)}>{label}</button>
          ))}
        </span>
      </div>
      <div ref={box} className="qz-chart" role="img" aria-label={chart?.summary || `${name} 차트`}
        hidden={!chart || Boolean(chart.empty) || Boolean(trouble)} />
      <p className="qz-quiet" role="status">
        {trouble || chart?.empty || (chart ? chart.summary : '차트를 불러오는 중이에요…')}
        {chart?.as_of && !trouble ? ` · ${Quartz.time(chart.as_of)} 기준` : ''}
      </p>
    </section>
  );
});

export default <ChartCard key={props.ticker} ticker={props.ticker} first={props.period || 'D'} />;
