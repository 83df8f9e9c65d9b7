// What a read_committed reader of Kafka's own Java client finds of a topic, from its begin to its end as it is now: PARTITION, TAB, OFFSET, TAB, VALUE. Run from its source: java -cp JARS Consume.java BROKER TOPIC
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Consume {
  public static void main(String[] args) throws Exception {
    Map<String, Object> how = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0], ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed", ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
    try (var consumer = new KafkaConsumer<>(how, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions = consumer.partitionsFor(args[1]).stream().map(each -> new TopicPartition(args[1], each.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
        for (var record : consumer.poll(Duration.ofMillis(200))) out.println(record.partition() + "\t" + record.offset() + "\t" + record.value());
      }
    }
    out.flush();
  }
}
