/* A strategy in words, its past as a chart, and what can be taken along: the very JSON that is kept, a .kis.yaml with a
   word on what that cannot say, and the report of the backtest. The figure comes drawn from the server; while the
   backtest is under way the card says so and asks again. */
import { useEffect, useRef, useState } from 'react';

const { Quartz } = window;

function Past({ path, name, onReady }) {
  const [past, setPast] = useState(null);
  const [trouble, setTrouble] = useState('');
  const box = useRef(null);

  useEffect(() => Quartz.poll(path, (data, error) => {
    setTrouble(error ? error.message : '');
    if (data) setPast(data);
    if (data?.state === 'ready') onReady();
  }, { every: 3000, until: (data) => data.state !== 'running' }), [path]);
  useEffect(() => {
    if (!past?.figure) return undefined;
    return Quartz.draw(box.current, past.figure, (error) => setTrouble(error.message));
  }, [past?.figure]);

  const said = trouble || past?.message || past?.empty || past?.summary || '검증 결과를 불러오는 중이에요…';
  return (
    <div data-part="past" data-state={past?.state || 'loading'}>
      <div ref={box} className="qz-chart" role="img" aria-label={`${name} 백테스트: ${past?.summary || ''}`}
        hidden={!past?.figure || Boolean(trouble)} />
      <p className="qz-quiet" role="status">{said}{past?.label && past.figure ? ` · ${past.label}` : ''}</p>
      {past?.lines?.length ? (
        <details>
          <summary>검증 결과</summary>
          {past.lines.map((line, at) => <p key={at} className="qz-quiet">{line}</p>)}
        </details>
      ) : null}
    </div>
  );
}

function Kis({ path, version, kis }) {
  const [asking, setAsking] = useState(false);
  if (!kis) return null;
  const names = kis.missing.map((each) => each.label).join(', ');
  const parts = kis.missing.map((each) => each.part).join(',');
  const link = Quartz.link(`${path}/kis.yaml?version=${version}${parts ? `&without=${parts}` : ''}`);
  if (!kis.problems.length && !kis.missing.length) {
    return <a className="qz-button qz-small" href={link} download data-act="kis">KIS 파일</a>;
  }
  return (
    <>
      <button type="button" className="qz-button qz-small" aria-expanded={asking} data-act="kis-ask"
        onClick={() => setAsking(!asking)}>KIS 파일</button>
      {asking ? (
        <div className="qz-note" role="note">
          {kis.problems.length ? (
            <p>이 전략은 KIS 파일(.kis.yaml)로 옮길 수 없어요. {kis.problems[0]}</p>
          ) : (
            <>
              <p>KIS 파일(.kis.yaml)에는 이것을 적을 수 없어요: {names}. 빼면 파일의 전략은 지금 전략과 다르게 거래해요.</p>
              <a className="qz-button qz-small" href={link} download data-act="kis">빼고 받기</a>
            </>
          )}
        </div>
      ) : null}
    </>
  );
}

const StrategyCard = Quartz.component('StrategyCard', function StrategyCard({ id, shown }) {
  const path = `/api/strategies/${id}`;
  const own = shown ? `${path}?version=${shown}` : path; // a card of a conversation stays the version it was made for
  const [strategy, setStrategy] = useState(() => Quartz.known(own));
  const [trouble, setTrouble] = useState('');
  const [tried, setTried] = useState(null); // the version whose report can be taken along

  useEffect(() => Quartz.poll(own, (data, error) => {
    setTrouble(error ? error.message : '');
    if (data) setStrategy(data);
  }, { every: 5000, until: () => true }), [own]);

  const heading = `quartz-strategy-${id}`;
  if (!strategy) {
    return <section className="qz" data-card="strategy"><p className="qz-quiet" role="status">{trouble || '전략을 불러오는 중이에요…'}</p></section>;
  }
  // The lines are those of the terminal: there the name and the bullets are part of the text.
  const told = strategy.summary_lines.length ? strategy.summary_lines : strategy.lines;
  const lines = told.filter((line) => !line.startsWith('전략 카드')).map((line) => line.replace(/^·\s*/, ''));
  const { name, version, newest } = strategy;
  return (
    <section className="qz qz-wide" role="group" aria-labelledby={heading} data-card="strategy" data-id={id} data-version={version}>
      <div className="qz-head">
        <h3 id={heading}>{name || '내 전략'}</h3>
        {version ? <span className="qz-tag qz-end">v{version}</span> : null}
      </div>
      {newest > version ? <p className="qz-quiet">지난 버전이에요. 지금은 v{newest}까지 있어요.</p> : null}
      <ul className="qz-lines">{lines.map((line, at) => <li key={at}>{line}</li>)}</ul>
      <Past key={version} path={`${path}/backtest?version=${version}`} name={name || '내 전략'} onReady={() => setTried(version)} />
      <details>
        <summary>JSON으로 보기</summary>
        <pre tabIndex={0} aria-label="전략 JSON">{JSON.stringify(strategy.spec ?? null, null, 2)}</pre>
      </details>
      <div className="qz-actions qz-slim" role="group" aria-label="내려받기">
        <a className="qz-button qz-small" href={Quartz.link(`${path}.json?version=${version}`)} download data-act="download" aria-label="JSON 내려받기">JSON</a>
        {tried === version ? (
          <a className="qz-button qz-small" href={Quartz.link(`${path}/report.html?version=${version}`)} download data-act="report" aria-label="백테스트 보고서 내려받기">보고서</a>
        ) : null}
        <Kis path={path} version={version} kis={strategy.kis} />
      </div>
    </section>
  );
});

export default <StrategyCard key={props.strategy_id} id={props.strategy_id} shown={props.version} />;
