/* Where the numbers of the message above are from and as of when; closed until somebody asks. */
const { Quartz } = window;

const EvidenceCard = Quartz.component('EvidenceCard', function EvidenceCard({ figures = [] }) {
  if (!figures.length) return null;
  return (
    <section className="qz" role="group" aria-label="숫자의 근거" data-card="evidence">
      <details>
        <summary>숫자 {figures.length}개의 근거</summary>
        <dl className="qz-facts">
          {figures.map((figure) => [
            <dt key={`${figure.id} n`}>{figure.label || '숫자'} <b>{figure.text}</b></dt>,
            <dd key={`${figure.id} s`}>{figure.source} · {Quartz.time(figure.as_of)}</dd>,
          ])}
        </dl>
      </details>
    </section>
  );
});

export default <EvidenceCard figures={props.figures} />;
