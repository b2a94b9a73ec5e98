/* What was understood of the person: asked again from the conversation, so an answer given meanwhile shows. */
import { useEffect, useState } from 'react';

const { Quartz } = window;
const ITEMS = {
  age: '나이', horizon: '투자 기간', experience: '투자 경험', knowledge: '투자 지식', asset_share: '전체 자산 중 비중',
  income: '소득', loss_tolerance: '감당할 손실', capital_krw: '투자금',
};

function months(count) {
  if (!count) return null;
  const [years, rest] = [Math.floor(count / 12), count % 12];
  return [years ? `${years}년` : '', rest ? `${rest}개월` : ''].filter(Boolean).join(' ');
}

function facts(profile) {
  const loss = profile.max_loss_pct;
  return [
    ['투자금', profile.capital_krw && Quartz.won(profile.capital_krw)],
    ['다달이', profile.monthly_krw && Quartz.won(profile.monthly_krw)],
    ['기간', months(profile.horizon_months)],
    ['손실 한도', loss !== null && loss !== undefined && `${loss}%까지`],
    ['좋아하는 분야', profile.preferred_sectors.join(', ')],
    ['빼는 분야', profile.excluded_sectors.join(', ')],
  ].filter(([, value]) => value);
}

const ProfileCard = Quartz.component('ProfileCard', function ProfileCard({ thread, say }) {
  const path = thread ? `/api/threads/${thread}/profile` : '/api/profile';
  const [profile, setProfile] = useState(() => Quartz.known(path));
  const [trouble, setTrouble] = useState('');

  useEffect(() => Quartz.poll(path, (data, error) => {
    setTrouble(error ? error.message : '');
    if (data) setProfile(data);
  }, { every: 5000, until: (data) => data.confirmed }), [path]);

  const heading = `quartz-profile-${thread ?? 'me'}`;
  if (!profile) {
    return <section className="qz" data-card="profile"><p className="qz-quiet" role="status">{trouble || '성향을 불러오는 중이에요…'}</p></section>;
  }
  return (
    <section className="qz" role="group" aria-labelledby={heading} data-card="profile" data-state={profile.confirmed ? 'confirmed' : 'draft'}>
      <div className="qz-head">
        <h3 id={heading}>내 투자성향</h3>
        <span className="qz-tag qz-end">{profile.confirmed ? '확인됨' : '확인 전'}</span>
      </div>
      {profile.grade ? (
        <p className="qz-row"><span className="qz-total">{profile.grade}</span>
          <span className="qz-quiet">{profile.score === null ? '' : `100점 중 ${profile.score}점`}</span></p>
      ) : null}
      <dl className="qz-facts">
        {facts(profile).map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name}-value`}>{value}</dd>])}
      </dl>
      {profile.missing.length ? (
        <p className="qz-quiet">아직 여쭤볼 것: {profile.missing.map((item) => ITEMS[item] ?? item).join(', ')}</p>
      ) : null}
      {(profile.confirmed ? [] : profile.contradictions).map((found) => (
        <div key={found.code} className="qz-warn">
          <p>{found.text}</p>
          {found.chosen ? <p>고르신 대로 할게요: {found.chosen}</p> : null}
          {found.ways_out.length && !found.chosen ? (
            <div className="qz-actions">
              {found.ways_out.map((way) => (
                <button key={way} type="button" className="qz-button qz-small" data-choice={way} onClick={() => say(way)}>{way}</button>
              ))}
            </div>
          ) : null}
        </div>
      ))}
      {profile.confirmed && profile.expires_at ? <p className="qz-note qz-quiet">{Quartz.day(profile.expires_at)}까지 쓸 수 있어요.</p> : null}
    </section>
  );
});

export default <ProfileCard key={props.thread_id} thread={props.thread_id} say={sendUserMessage} />;
