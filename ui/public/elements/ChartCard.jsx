/* A price chart: the figure comes drawn from the server, plotly is fetched once and only when a chart is shown. The
   sentence below it says the same to who cannot see it. Under days stands what the technical analyst's rules read off
   the same bars: for, against, and on opening every figure with the bar it comes from. */
import { useEffect, useRef, useState } from 'react';

const { Quartz } = window;
const PERIODS = [['D', '일'], ['W', '주'], ['M', '월']];

// Figures of the list, in its order; the others are in the chart or in the sentences.
const TOLD = [
  'close', 'change1', 'change20', 'trend_days', 'adx', 'rsi', 'macd', 'macd_signal', 'bb_upper', 'bb_lower', 'ma5', 'ma10', 'ma20',
  'wma5', 'wma10', 'wma20', 'mma5', 'mma10', 'mma20', 'support1', 'support2', 'support3', 'resistance1', 'resistance2',
  'resistance3', 'high52', 'low52', 'from_high52', 'swing_high', 'swing_low', 'fib236', 'fib382', 'fib500', 'fib618', 'fib786',
  'volume', 'volume_ratio', 'atr', 'atr_rate', 'volatility', 'gap_lower', 'gap_upper',
];

function Reading({ reading }) {
  const known = new Map(reading.figures.map((each) => [each.id, each]));
  const told = TOLD.map((key) => [known.get(`t.${key}`), known.get(`t.${key}_on`)]).filter(([each]) => each);
  const side = (mark, each) => <li key={each.text}><span aria-label={mark === '+' ? '좋은 점' : '부담'}>{mark}</span> {each.text}</li>;
  return (
    <div data-part="reading">
      <p><strong>기술적 분석: {reading.stance_text}</strong> <span className="qz-quiet">확신 {reading.confidence}%</span></p>
      {reading.reason ? <p className="qz-warn">{reading.reason}</p> : null}
      <ul className="qz-signs">
        {reading.drivers.map((each) => side('+', each))}
        {reading.risks.map((each) => side('−', each))}
      </ul>
      <details>
        <summary>지표 {told.length}개와 근거</summary>
        <dl className="qz-facts">
          {told.flatMap(([each, on]) => [
            <dt key={each.id}>{each.label}</dt>,
            <dd key={`${each.id}=`} title={each.source}>{each.text}{on ? ` · ${on.text}` : ''}</dd>,
          ])}
        </dl>
        <p className="qz-quiet">{told[0][0].source} · {Quartz.time(reading.as_of)} 기준</p>
      </details>
    </div>
  );
}

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
      {chart?.notice && !trouble ? <p className="qz-quiet">{chart.notice}</p> : null}
      {chart?.reading && !trouble ? <Reading reading={chart.reading} /> : null}
    </section>
  );
});

export default <ChartCard key={props.ticker} ticker={props.ticker} first={props.period || 'D'} />;
