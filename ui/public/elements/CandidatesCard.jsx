/* The names that the news speaks of and that the profile allows, each with the four parts of its score and its headlines
   as quotations. It proposes nothing; the whole list is on the page of the market. */
import { useEffect, useState } from 'react';

const { Quartz } = window;
const PATH = '/api/candidates';
const MOST = 3;
const PARTS = [['cap_tier', '시가총액'], ['sentiment', '분위기'], ['count', '뉴스 수'], ['priority', '선호']];
const points = (value) => Math.round(100 * value);

function Candidate({ each }) {
  return (
    <li>
      <div className="qz-row">
        <span><span className="qz-name">{each.name}</span><span className="qz-code">({each.code})</span></span>
        <strong>{points(each.score)}점</strong>
      </div>
      <p className="qz-quiet">
        {PARTS.flatMap(([part, label]) => [
          <span key={part} className="qz-whole">{`${label} ${points(each.parts[part].share)}/${points(each.parts[part].weight)}`}</span>, ' · ',
        ])}
        <span className="qz-whole">뉴스 {Quartz.count(each.headlines)}건</span>
      </p>
      {each.titles.slice(0, 1).map((title) => <p key={title}>“{title}”</p>)}
    </li>
  );
}

const CandidatesCard = Quartz.component('CandidatesCard', function CandidatesCard() {
  const [found, setFound] = useState(null);
  const [trouble, setTrouble] = useState('');

  useEffect(() => {
    let gone = false;
    Quartz.post(PATH, { limit: MOST })
      .then((data) => { if (!gone) setFound(data); })
      .catch((error) => { if (!gone) setTrouble(error.message); });
    return () => { gone = true; };
  }, []);

  return (
    <section className="qz" role="group" aria-label="뉴스로 본 후보" data-card="candidates">
      <div className="qz-head">
        <h3>뉴스로 본 후보</h3>
        {found?.at ? <span className="qz-tag qz-end">{Quartz.time(found.at)}</span> : null}
      </div>
      {found?.label ? <p className={found.demo ? 'qz-note' : 'qz-quiet'}>{found.label}</p> : null}
      {trouble || !found ? <p className="qz-quiet" role="status">{trouble || '후보를 불러오는 중이에요…'}</p> : null}
      {found?.candidates.length ? (
        <ol className="qz-list">{found.candidates.map((each) => <Candidate key={each.code} each={each} />)}</ol>
      ) : null}
      {found && !found.candidates.length ? <p className="qz-quiet">투자성향에 맞는 후보가 없어요.</p> : null}
      {found ? <p className="qz-quiet">{found.advice} <a href="/analysis#candidates">모두 보기</a></p> : null}
    </section>
  );
});

export default <CandidatesCard />;
